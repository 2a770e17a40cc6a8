"""What is hidden, and what is left to read."""

import pytest

from compare.config import is_secret, redacted, secret_values


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "PGPASSWORD",
        "dbPassword",
        "SECRET_KEY",
        "JWT_SECRET",
        "access_token",
        "API_KEY",
        "x-api-key",
        "apiKey",
        "AWS_SECRET_ACCESS_KEY",
        "private_key",
        "credentials",
        "password_hash",
        "Authorization",
        "Cookie",
        "set-cookie",
    ],
)
def test_a_name_that_says_so_is_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["PWD", "PASSWORD_MIN_LENGTH", "ACCESS_TOKEN_EXPIRE_MINUTES", "keyboard", "key", "primary_key", "author"]
)
def test_another_name_is_not(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql+asyncpg://app:hunter22@db:5432/shop", "postgresql+asyncpg://app:***@db:5432/shop"),
        ("redis://:p%40ss:word@cache/0 is down", "redis://:***@cache/0 is down"),
        ("postgresql://app@db/shop", "postgresql://app@db/shop"),
        ("http://127.0.0.1:8000/a@b", "http://127.0.0.1:8000/a@b"),
        ("host=db password=hunter22 dbname=shop", "host=db password=*** dbname=shop"),
        ("password='two words' x", "password='***' x"),
        ('{"access_token": "abc", "id": 7}', '{"access_token": "***", "id": 7}'),
        ("{'SECRET_KEY': 'abc', 'n': 1}", "{'SECRET_KEY': '***', 'n': 1}"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        (
            'FATAL: password authentication failed for user "app"',
            'FATAL: password authentication failed for user "app"',
        ),
        ("/login?token=abc&next=/", "/login?token=***&next=/"),
    ],
)
def test_passwords_in_urls_and_after_their_names_are_hidden(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_a_value_that_is_known_to_be_secret_is_hidden_as_a_whole_word() -> None:
    text = "postgres said no to hunter/22, hunter%2F22 and xhunter/22"

    assert redacted(text, {"hunter/22"}) == "postgres said no to ***, *** and xhunter/22"
    assert redacted("postgresql://db", {"postgres"}) == "postgresql://db"


def test_a_short_value_is_left_since_it_stands_everywhere() -> None:
    assert redacted("a in an answer", {"a"}) == "a in an answer"


def test_the_secrets_of_an_environment_are_its_passwords_and_those_in_its_urls() -> None:
    env = {
        "DATABASE_URL": "postgresql://app:hunter%2F22@db/shop",
        "API_KEY": "0123456789",
        "DEBUG_TOKEN": "1",
        "HOME": "/home/app",
        "BROKEN": "http://[",
    }

    assert secret_values(env) == {"hunter%2F22", "hunter/22", "0123456789"}
