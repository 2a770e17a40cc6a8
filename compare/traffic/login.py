"""Being somebody: headers that every request carries, and a login request in front of every scenario."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.traffic.capture import Capture
from compare.traffic.model import HEAD, METHODS
from compare.traffic.request import BodyKind, Request
from compare.traffic.template import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compare.config import LoginConfig
    from compare.traffic.scenario import Scenario
    from compare.traffic.template import Json

PRELUDE = "login"


def with_login(scenarios: Iterable[Scenario], login: LoginConfig | None, headers: Mapping[str, str]) -> list[Scenario]:
    """The scenarios with the static `headers` on every step, and with the login request first where there is one.

    A header that a step gives itself stays. Cookies need nothing: each side's jar keeps those of the login's answer.
    Where the login's answer lacks a capture on both sides, a written scenario is at fault and any other goes on.

    Raises:
        UsageError: the login's request line or a capture is malformed, or a header refers to nothing that it captures.
    """
    known = {capture.name for capture in _captures(login)} if login else set()
    given = {**headers, **(login.headers if login else {})}
    for name, value in given.items():
        for missing in (one for one in names(value) if one not in known):
            raise UsageError(
                f"[tool.compare] header {name!r}: nothing gives ${{{missing}}} a value; take it from the answer "
                f'to the login, for example [tool.compare.login] capture = {{ {missing} = "/access_token" }}.'
            )
    return [_with_login(scenario, login, dict(headers), given) for scenario in scenarios]


def sent(login: LoginConfig | None, headers: Mapping[str, str]) -> set[str]:
    """The names of the headers that `with_login` adds, in lower case."""
    return {name.lower() for name in (*headers, *(login.headers if login else ()))}


def login_step(login: LoginConfig) -> Request:
    """The login as the first step of a scenario. UsageError where it is malformed."""
    match = HEAD.fullmatch(login.request.strip())
    if match is None or match[1].upper() not in METHODS or not match[2].startswith("/"):
        raise UsageError(f"[tool.compare.login] request = {login.request!r} is not 'METHOD /path', as 'POST /login'.")
    if login.json_body is not None and login.form is not None:
        raise UsageError("[tool.compare.login] has json and form; a request has one body, so remove one of them.")
    kind: BodyKind = "json" if login.json_body is not None else "form" if login.form is not None else "none"
    body: Json = login.json_body if login.json_body is not None else login.form
    return Request(
        number=1,
        method=match[1].upper(),
        target=match[2],
        body_kind=kind,
        body=body,
        captures=_captures(login),
        prelude=PRELUDE,
    )


def _captures(login: LoginConfig) -> tuple[Capture, ...]:
    try:
        return tuple(Capture.parse(name, expression) for name, expression in login.capture.items())
    except ValueError as error:
        raise UsageError(f"[tool.compare.login] capture: {error}.") from None


def _with_login(
    scenario: Scenario, login: LoginConfig | None, static: dict[str, str], given: dict[str, str]
) -> Scenario:
    steps = tuple(_headed(step, given) for step in scenario.steps)
    if login is not None:
        steps = (_headed(login_step(login), static), *steps)
    return dataclasses.replace(scenario, steps=steps)


def _headed(step: Request, headers: Mapping[str, str]) -> Request:
    """The step with the headers that it does not give itself."""
    own = {name.lower() for name, _ in step.headers}
    added = tuple((name, value) for name, value in headers.items() if name.lower() not in own)
    return dataclasses.replace(step, headers=(*added, *step.headers)) if added else step
