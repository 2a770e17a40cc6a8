"""The verdict without its secrets: the one door through which every report gets it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from compare.report.secrets import HIDDEN, SHORTEST, Secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from compare.findings import Exchange, Finding, Group, Reply, Tick
    from compare.verdict import Verdict

PLAIN = frozenset({"password", "localhost", "anonymous", "disabled", "required"})
"""Values that say nothing, so that hiding them everywhere would only make a report hard to read."""


BOUND = frozenset({"SQL005", "SQL013", "SQL015"})
"""Findings whose two sides are values that a statement was given."""


def without_secrets(verdict: Verdict, names: Collection[str] = ()) -> Verdict:
    """The same verdict with *** for every secret. `names` are further fields, headers and columns that are secret.

    A value that stands under a secret name anywhere is hidden wherever else it turns up: in a statement, a log, a URL.
    """
    by_name = Secrets(tuple(sorted(names)))
    met = {value for value in _met(verdict, by_name) if len(value) >= SHORTEST and value.lower() not in PLAIN}
    secrets = Secrets(by_name.names, frozenset(met))
    return dataclasses.replace(
        verdict,
        apps={side: secrets.text(title) for side, title in verdict.apps.items()},
        stopped=None if verdict.stopped is None else secrets.text(verdict.stopped),
        outputs={side: _printed(output, secrets) for side, output in verdict.outputs.items()},
        findings=tuple(_finding(finding, secrets) for finding in verdict.findings),
        groups=tuple(_group(group, secrets) for group in verdict.groups),
        unstable=tuple(_finding(finding, secrets) for finding in verdict.unstable),
        sights=tuple(dataclasses.replace(sight, reason=secrets.text(sight.reason)) for sight in verdict.sights),
        ignored=tuple(dataclasses.replace(rule, reason=secrets.text(rule.reason)) for rule in verdict.ignored),
        broken_rules=tuple(map(secrets.text, verdict.broken_rules)),
    )


def _printed(output: str, secrets: Secrets) -> str:
    return "\n".join(secrets.sql(secrets.text(line)) for line in output.split("\n"))


def _group(group: Group, secrets: Secrets) -> Group:
    return dataclasses.replace(group, examples=tuple(_finding(finding, secrets) for finding in group.examples))


def _finding(finding: Finding, secrets: Secrets) -> Finding:
    of_sql = finding.layer == "statements"
    values = finding.legacy, finding.async_
    if finding.code in BOUND and secrets.touches(finding.where):
        shown = [HIDDEN, HIDDEN]
    elif of_sql:
        shown = [secrets.sql(value) for value in values]
    else:
        shown = [secrets.at(finding.where, value) for value in values]
    return dataclasses.replace(
        finding,
        where=secrets.sql(finding.where) if of_sql else secrets.text(finding.where),
        legacy=shown[0],
        async_=shown[1],
        scenario=None if finding.scenario is None else secrets.text(finding.scenario),
        step=None if finding.step is None else secrets.text(finding.step),
        note=secrets.sql(finding.note) if of_sql else secrets.row(finding.note),
        cause=secrets.sql(finding.cause) if of_sql else secrets.text(finding.cause),
        exchange=None if finding.exchange is None else _exchange(finding.exchange, secrets),
    )


def _exchange(exchange: Exchange, secrets: Secrets) -> Exchange:
    ours, theirs = (tuple(_tick(tick, secrets) for tick in line) for line in exchange.ticks)
    mine, others = (tuple(map(secrets.row, lines)) for lines in exchange.changes)
    return dataclasses.replace(
        exchange,
        target=secrets.text(exchange.target),
        headers=_headers(exchange.headers, secrets),
        body=secrets.text(exchange.body),
        legacy=_reply(exchange.legacy, secrets),
        async_=_reply(exchange.async_, secrets),
        ticks=(ours, theirs),
        changes=(mine, others),
    )


def _reply(reply: Reply, secrets: Secrets) -> Reply:
    return dataclasses.replace(reply, headers=_headers(reply.headers, secrets), body=secrets.text(reply.body))


def _headers(headers: Iterable[tuple[str, str]], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    return tuple((name, secrets.header(name, value)) for name, value in headers)


def _tick(tick: Tick, secrets: Secrets) -> Tick:
    return dataclasses.replace(tick, text=secrets.sql(tick.text))


def _met(verdict: Verdict, secrets: Secrets) -> Iterator[str]:
    """Every value under a secret name that the verdict holds."""
    for text in (*verdict.apps.values(), *verdict.outputs.values(), verdict.stopped or ""):
        yield from secrets.met(text)
    examples = (example for group in verdict.groups for example in group.examples)
    for finding in (*verdict.findings, *examples, *verdict.unstable):
        if secrets.place(finding.where) and finding.layer in {"response", "rows"}:
            yield from (finding.legacy, finding.async_)
        for text in (finding.legacy, finding.async_, finding.note):
            yield from secrets.met(text)
        if finding.exchange is not None:
            yield from _met_in(finding.exchange, secrets)


def _met_in(exchange: Exchange, secrets: Secrets) -> Iterator[str]:
    for name, value in (*exchange.headers, *exchange.legacy.headers, *exchange.async_.headers):
        if not secrets.named(name):
            yield from secrets.met(value)
        elif name.lower() in {"cookie", "set-cookie"}:
            pairs = value.split(";") if name.lower() == "cookie" else value.split(";")[:1]
            yield from (pair.partition("=")[2].strip() for pair in pairs)
        else:
            yield value.rpartition(" ")[2]
    for text in (exchange.target, exchange.body, exchange.legacy.body, exchange.async_.body):
        yield from secrets.met(text)
    for line in (*exchange.changes[0], *exchange.changes[1]):
        yield from secrets.met(line)
