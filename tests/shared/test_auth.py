"""Logging in and out, and what a token opens."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from compare.pytest_plugin import Database
from shared_models.seed import PASSWORD
from tests.conftest import log_in

pytestmark = pytest.mark.in_process


async def test_a_password_buys_a_token_with_an_expiry_in_utc(client: httpx.AsyncClient) -> None:
    response = await client.post("/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert response.status_code == 200
    body = response.json()
    assert body["expires_at"].endswith("Z")
    assert abs(datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC) - timedelta(hours=24)) < timedelta(
        minutes=1
    )


async def test_a_login_remembers_when_and_from_where(client: httpx.AsyncClient, database: Database) -> None:
    await log_in(client, "ada")
    (row,) = await database.fetch(
        "SELECT host(last_login_ip) AS ip, last_login_at > now() - interval '1 minute' AS recent"
        " FROM customers WHERE id = 2"
    )
    assert row == {"ip": "127.0.0.1", "recent": True}


async def test_tokens_are_stored_as_hashes(client: httpx.AsyncClient, database: Database) -> None:
    headers = await log_in(client, "ada")
    token = headers["Authorization"].removeprefix("Bearer ")
    (row,) = await database.fetch(
        "SELECT token_hash = sha256(convert_to(%(token)s, 'UTF8')) AS hashed FROM login_tokens", token=token
    )
    assert row["hashed"] is True


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "wrong horse"), ("nobody@example.org", PASSWORD), ("carl@example.org", PASSWORD)],
    ids=["wrong password", "unknown customer", "closed customer"],
)
async def test_a_failed_login_does_not_tell_why(client: httpx.AsyncClient, email: str, password: str) -> None:
    response = await client.post("/login", json={"email": email, "password": password})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["detail"] == "E-mail address and password do not fit."


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nothing"}, {"Authorization": "Basic YTpi"}])
async def test_a_request_without_a_good_token_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.get("/accounts", headers=headers)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


async def test_logging_out_makes_the_token_worthless(ada: httpx.AsyncClient, database: Database) -> None:
    assert (await ada.post("/logout")).status_code == 204
    assert (await ada.get("/accounts")).status_code == 401
    assert await database.fetch("SELECT id FROM login_tokens") == []


async def test_an_expired_token_is_refused(ada: httpx.AsyncClient, database: Database) -> None:
    await database.execute("UPDATE login_tokens SET lifetime = interval '0'")
    assert (await ada.get("/accounts")).status_code == 401


async def test_the_first_use_of_a_token_is_written_down_and_the_second_is_not(
    ada: httpx.AsyncClient, database: Database
) -> None:
    await ada.get("/accounts")
    first = await database.fetch("SELECT last_used_at FROM login_tokens")
    await ada.get("/accounts")
    assert first[0]["last_used_at"] is not None
    assert await database.fetch("SELECT last_used_at FROM login_tokens") == first


async def test_staff_routes_are_closed_to_customers(ada: httpx.AsyncClient) -> None:
    response = await ada.get("/customers")
    assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")
