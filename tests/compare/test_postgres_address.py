"""Addresses: every spelling in, every driver's spelling out."""

import pytest

from compare.config import PLACEHOLDERS
from compare.errors import UsageError
from compare.postgres import Address

ODD = Address("h", 1, "u@x", "p:/ #?%", "a b")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_every_spelling_of_the_scheme_is_read(scheme: str) -> None:
    assert Address.parse(f"{scheme}://u:p@h:1/d") == Address("h", 1, "u", "p", "d")


@pytest.mark.parametrize("driver", [None, "psycopg2", "asyncpg", "psycopg"])
def test_odd_characters_survive_the_round_trip(driver: str | None) -> None:
    url = ODD.url(driver)

    assert url.startswith("postgresql" + (f"+{driver}" if driver else "") + "://")
    assert Address.parse(url) == ODD


def test_what_is_left_out_is_taken_as_libpq_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "env-user")
    monkeypatch.setenv("PGPASSWORD", "env-password")

    assert Address.parse("postgresql://") == Address("localhost", 5432, "env-user", "env-password", "postgres")


def test_a_socket_stands_in_the_query() -> None:
    address = Address.parse("postgresql://u@/d?host=/var/run/postgresql&port=6543")

    assert (address.host, address.port) == ("/var/run/postgresql", 6543)
    assert address.url() == "postgresql://u@/d?host=/var/run/postgresql&port=6543"


def test_an_ipv6_host_keeps_its_brackets() -> None:
    assert Address.parse("postgresql://u@[::1]:1/d").url() == "postgresql://u@[::1]:1/d"


def test_sslmode_is_kept_for_libpq_and_translated_for_asyncpg() -> None:
    address = Address.parse("postgresql://u@h/d?sslmode=require&connect_timeout=3")

    assert "sslmode=require" in address.url("psycopg2")
    assert address.url("asyncpg").endswith("/d?ssl=require")
    assert Address.parse(address.url("asyncpg")).options == (("sslmode", "require"),)


@pytest.mark.parametrize("url", ["mysql://u@h/d", "h:5432", "", "postgresql://u@h:many/d", "postgresql://u@/d?port=x"])
def test_what_is_no_postgresql_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"Expected is postgresql://user:password@host:5432/database\."):
        Address.parse(url)


def test_the_password_is_never_shown() -> None:
    address = Address("h", 1, "u", "secret", "d")

    assert "secret" not in f"{address} {address!r}"


def test_there_is_a_value_for_every_placeholder_of_the_configuration() -> None:
    assert set(ODD.placeholders()) == PLACEHOLDERS
