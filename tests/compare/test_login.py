"""Being somebody: static headers and the login request in front of every scenario."""

from pathlib import Path
from typing import Any

import pytest

from compare.config import LoginConfig
from compare.errors import UsageError
from compare.traffic import Request, Scenario
from compare.traffic.login import sent, with_login

SCENARIO = Scenario(
    "look",
    Path("look.yaml"),
    (Request(1, "GET", "/me"), Request(2, "GET", "/me", headers=(("authorization", "Bearer none"),))),
)


def login(**keys: Any) -> LoginConfig:  # noqa: ANN401 - keys of the configuration
    """The section as a configuration holds it."""
    return LoginConfig.model_validate({"request": "POST /login", **keys})


def test_static_headers_go_on_every_step_that_does_not_give_them_itself() -> None:
    (scenario,) = with_login([SCENARIO], None, {"Authorization": "Bearer mine", "X-Tenant": "7"})
    assert [dict(step.headers) for step in scenario.steps] == [
        {"Authorization": "Bearer mine", "X-Tenant": "7"},
        {"X-Tenant": "7", "authorization": "Bearer none"},
    ]


def test_the_login_comes_first_and_what_it_answers_feeds_later_headers() -> None:
    section = login(
        json={"user": "ada"}, capture={"token": "/access_token"}, headers={"Authorization": "Bearer ${token}"}
    )
    (scenario,) = with_login([SCENARIO], section, {"X-Tenant": "7"})
    first, second, third = scenario.steps
    assert str(first) == "1. POST /login (setup 'login')"
    assert (dict(first.headers), first.body) == ({"X-Tenant": "7"}, {"user": "ada"})
    assert [(capture.name, capture.source) for capture in first.captures] == [("token", "/access_token")]
    assert dict(second.render({"token": "t0"}).headers)["authorization"] == "Bearer t0"
    assert dict(third.headers)["authorization"] == "Bearer none"
    assert [step.number for step in scenario.steps] == [1, 1, 2]  # as behind any setup: the person's own numbers stay


def test_a_login_may_send_a_form_or_nothing() -> None:
    (form,) = with_login([SCENARIO], login(form={"user": "ada", "x": "1 2"}), {})
    assert form.steps[0].render({}).content == b"user=ada&x=1+2"
    (bare,) = with_login([SCENARIO], login(), {})
    assert bare.steps[0].body_kind == "none"


def test_the_names_of_the_headers_are_known_before() -> None:
    assert sent(login(headers={"Authorization": "x"}), {"X-Tenant": "7"}) == {"authorization", "x-tenant"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"request": "login"}, "'login' is not 'METHOD /path'"),
        ({"request": "SEND /login"}, "is not 'METHOD /path'"),
        ({"capture": {"token": "access_token"}}, "says not where to look"),
        ({"headers": {"Authorization": "Bearer ${token}"}}, r"nothing gives \$\{token\} a value"),
        ({"json": {}, "form": {}}, "has json and form"),
    ],
)
def test_a_malformed_login_is_explained(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_login([SCENARIO], login(**keys), {})
