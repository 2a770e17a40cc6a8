"""Every error is a problem document (RFC 9457), and every answer carries its request's id."""

from uuid import UUID

import httpx
import pytest

pytestmark = pytest.mark.in_process


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("DELETE", "/login", 405, "Method Not Allowed"),
        ("POST", "/login", 422, "Invalid request"),
        ("GET", "/customers", 401, "Log in first"),
    ],
)
async def test_every_error_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int, title: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json().keys() >= {"type", "title", "status", "detail"}
    assert (response.json()["status"], response.json()["title"]) == (status, title)


async def test_a_method_that_is_not_there_names_those_that_are(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/login")).headers["allow"] == "POST"


async def test_a_body_that_is_no_json_is_told_so(client: httpx.AsyncClient) -> None:
    response = await client.post("/login", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["type"] == "json_invalid"


async def test_the_clients_request_id_comes_back(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/live", headers={"X-Request-ID": "mine"})
    assert response.headers["X-Request-ID"] == "mine"


async def test_a_request_without_an_id_gets_one(client: httpx.AsyncClient) -> None:
    ids = {(await client.get("/health/live")).headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2
    assert all(UUID(one).version == 4 for one in ids)


async def test_every_request_leaves_a_line_in_the_access_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await client.get("/nowhere", headers={"X-Request-ID": "mine"})
    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith(".middleware")]
    assert line.startswith("mine GET /nowhere 404 ")
