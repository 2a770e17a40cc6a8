"""A scenario without its secrets: each is replaced by a reference that whoever runs it fills from the environment."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from compare.report.secrets import HIDDEN, hide, hide_at, hide_header
from compare.traffic.template import names

if TYPE_CHECKING:
    from compare.traffic import Request, Scenario
    from compare.traffic.template import Json

PREFIX = "secret_"


def concealed(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with `${secret_password}` for what proves who one is, and the names of these references, in order.

    What the generator made up is no secret and stays, or the test could not be run. A secret inside a text that cannot
    be taken apart reads ***.
    """
    found: dict[str, None] = {}
    steps = tuple(_step(step, found, made_up=scenario.origin == "generated") for step in scenario.steps)
    variables = tuple(
        (name, HIDDEN if is_secret(name) and isinstance(value, str) else value) for name, value in scenario.variables
    )
    return dataclasses.replace(scenario, steps=steps, variables=variables), tuple(found)


def is_secret(key: str) -> bool:
    """Whether a field of this name holds what no report may show."""
    return hide_at(f"/{key}", "x") == HIDDEN


def _step(step: Request, found: dict[str, None], *, made_up: bool) -> Request:
    own = made_up and step.prelude is None
    headers = tuple(
        (name, value if hide_header(name, value) == value else _reference(name, value, found))
        for name, value in step.headers
    )
    if own:
        return dataclasses.replace(step, headers=headers)
    body = step.body
    return dataclasses.replace(
        step,
        target=hide(step.target),
        query=tuple((name, _hidden(name, value, found)) for name, value in step.query),
        headers=headers,
        cookies=tuple((name, _reference(f"cookie {name}", value, found)) for name, value in step.cookies),
        body=hide(body) if step.body_kind == "content" and isinstance(body, str) else _hidden("", body, found),
    )


def _hidden(key: str, value: Json, found: dict[str, None]) -> Json:
    if isinstance(value, dict):
        return {name: _hidden(name, inner, found) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(key, inner, found) for inner in value]
    if key and is_secret(key) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return _reference(key, str(value), found)
    return value


def _reference(key: str, value: str, found: dict[str, None]) -> str:
    """A reference for a constant. What is captured while running is no secret before."""
    if any(names(value)):
        return value
    name = PREFIX + (re.sub(r"\W+", "_", key, flags=re.ASCII).strip("_").lower() or "value")
    found[name] = None
    return f"${{{name}}}"
