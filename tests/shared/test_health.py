"""Liveness and readiness."""

from contextlib import closing

import httpx
import psycopg2
import pytest

from compare.postgres import Address
from compare.pytest_plugin import Database


def close(address: Address) -> None:
    """Let nobody in any more."""
    with closing(psycopg2.connect(address.on("postgres").url())) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'ALTER DATABASE "{address.database}" ALLOW_CONNECTIONS false')


@pytest.mark.in_process
async def test_a_living_process_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.in_process
async def test_it_is_ready_when_the_database_answers(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.in_process(isolation="clone")
async def test_it_lives_but_is_not_ready_when_the_database_is_gone(
    client: httpx.AsyncClient, database: Database
) -> None:
    close(database.address)
    assert (await client.get("/health/live")).status_code == 200
    response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["type"] == "/problems/unavailable"
