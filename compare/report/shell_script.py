"""A reproduction as a shell script: one curl command a step, for a person to try against either app."""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING

from compare.report.concealed import concealed, is_secret
from compare.report.secrets import HIDDEN, hide
from compare.traffic.template import WHOLE, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.report.reproduction import Reproduction
    from compare.traffic import Capture, Request, Values, Wire
    from compare.traffic.template import Json

HOST = "http://localhost:8000"
MARK = re.compile(r'(")?compare-value-of-(\w+)-here(")?')


def shell_script(reproduction: Reproduction) -> str:
    """A script for sh. Captured values are variables that hold legacy's; whoever runs it puts in the app's own."""
    scenario, secrets = concealed(reproduction.scenario)
    lines = ["#!/bin/sh", f"# {_line(scenario.name)}"]
    if summary := reproduction.summary():
        lines.append(f"# {_line(summary)}")
    lines += ["# HOST is the app; cookies are kept in a file of their own.", f"HOST=${{HOST:-{HOST}}}", "JAR=$(mktemp)"]
    lines += [f"{name}=${{{name.upper()}:?is a secret that this script does not hold}}" for name in secrets]
    lines += [f"{name}={shlex.quote(text_of(value))}" for name, value in scenario.variables]
    values: Values = dict(scenario.variables)
    for step, reply, taken in zip(scenario.steps, reproduction.replies, reproduction.taken, strict=True):
        answered = "not sent" if reply is None else f"legacy: {reply.status or 'no answer'}"
        lines += ["", f"# {step.number}. {_line(step.method)} {_line(hide(step.target))} ({answered})"]
        if reply is None:
            continue
        lines.append(_curl(step, values))
        lines += [_captured(capture, taken[capture.name]) for capture in step.captures if capture.name in taken]
        values |= taken
    return "\n".join([*lines, ""])


def _captured(capture: Capture, value: Json) -> str:
    """What legacy gave, and where in the answer above it stands."""
    where = capture.expression
    hidden = is_secret(capture.name) or is_secret(where.rpartition("/")[2]) or capture.source.startswith("cookie:")
    shown = HIDDEN if hidden else "" if value is None else text_of(value)
    return f"{capture.name}={shlex.quote(shown)}  # put in {_line(where)} of your app's answer"


def _curl(step: Request, values: Values) -> str:
    numbers = {name for name, value in values.items() if not isinstance(value, str)}
    wire = step.render(_Marks())
    words = ["curl", "-i", "-b", '"$JAR"', "-c", '"$JAR"', "--globoff", "--path-as-is"]
    if wire.method == "HEAD":
        words.append("--head")
    elif wire.method != ("POST" if wire.content else "GET"):
        words += ["-X", wire.method]
    if step.follow_redirects:
        words.append("-L")
    link = WHOLE.match(step.target)
    host = "" if link and text_of(values.get(link[1])).startswith("http") else '"$HOST"'
    words.append(host + _shell(wire.target, set()))
    for name, value in wire.headers:
        words += ["-H", _shell(f"{name}: {value}" if value else f"{name};", set())]
    if wire.cookies:
        words += ["-H", _shell("cookie: " + "; ".join(f"{name}={value}" for name, value in wire.cookies), set())]
    return _with_body(words, wire, numbers)


def _with_body(words: list[str], wire: Wire, numbers: set[str]) -> str:
    if not wire.content:
        return " ".join(words)
    try:
        text = wire.content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        encoded = base64.b64encode(wire.content).decode()
        return f"printf %s {encoded} | base64 -d | {' '.join(words)} --data-binary @-"
    return " ".join([*words, "--data-raw", _shell(text, numbers)])


def _shell(text: str, numbers: set[str]) -> str:
    """One word for the shell, in which the marks are variables; a number loses JSON's quotes around it."""
    return "".join(_pieces(text, numbers)) or "''"


def _pieces(text: str, numbers: set[str]) -> Iterator[str]:
    position = 0
    for match in MARK.finditer(text):
        quoted = match[1] and match[3] and match[2] not in numbers
        before, after = (match[1] or "", match[3] or "") if quoted or not (match[1] and match[3]) else ("", "")
        if plain := text[position : match.start()] + before:
            yield shlex.quote(plain)
        yield f'"${{{match[2]}}}"'
        if after:
            yield shlex.quote(after)
        position = match.end()
    if rest := text[position:]:
        yield shlex.quote(rest)


def _line(text: str) -> str:
    return " ".join(text.split())


class _Marks(dict[str, "Json"]):
    """For every name a mark that survives JSON, a URL and a form."""

    def __missing__(self, name: str) -> str:
        return f"compare-value-of-{name}-here"
