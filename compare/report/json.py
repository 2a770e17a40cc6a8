"""The verdict as JSON, for programs. `schema` changes when a key is renamed, removed or given another meaning.

`schema/verdict-1.json`, a JSON Schema document beside this module, describes it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from compare import __version__
from compare.report.groups import grouped, trap
from compare.report.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from compare.findings import Exchange, Finding, Group, Reply, Tick
    from compare.verdict import RouteResult, Verdict

SCHEMA = 1


def schema() -> dict[str, Any]:
    """The JSON Schema document of what `as_json` writes."""
    text = files("compare.report").joinpath("schema", f"verdict-{SCHEMA}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def as_json(verdict: Verdict, secrets: Collection[str] = ()) -> str:
    """The whole verdict. `secrets` are further names whose values read ***, as in every report."""
    verdict = without_secrets(verdict, secrets)
    document = {
        "schema": SCHEMA,
        "compare": __version__,
        "same": verdict.exit_code == 0,
        "exit_code": verdict.exit_code,
        "strict": verdict.strict,
        "stopped": verdict.stopped,
        "legacy": {"app": verdict.apps["legacy"]},
        "async": {"app": verdict.apps["async"]},
        "scenarios": verdict.scenarios,
        "requests": verdict.requests,
        "seconds": round(verdict.seconds, 3),
        "routes": [_route(result) for result in verdict.routes],
        "coverage": _coverage(verdict),
        "attribution": verdict.attribution,
        "layers": [
            {"side": sight.side, "layer": sight.layer, "means": sight.means, "reason": sight.reason}
            for sight in verdict.sights
        ],
        "tables": [
            {"table": table.name, "legacy": table.legacy, "async": table.async_, "differences": table.differences}
            for table in verdict.tables
        ],
        "groups": [_group(group) for group in grouped(verdict)],
        "findings": [_finding(finding) for finding in verdict.findings],
        "unstable": [_finding(finding) for finding in verdict.unstable],
        "ignored": [{"rule": rule.rule, "reason": rule.reason, "hits": rule.hits} for rule in verdict.ignored],
        "broken_rules": list(verdict.broken_rules),
        "outputs": dict(verdict.outputs),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _route(result: RouteResult) -> dict[str, Any]:
    return {
        "route": result.route,
        "requests": result.requests,
        "statuses": {str(status or "none"): times for status, times in result.statuses},
        "differences": result.differences,
        "hazards": result.hazards,
        "layers": dict(result.layers),
    }


def _coverage(verdict: Verdict) -> dict[str, Any]:
    coverage = verdict.coverage
    return {
        "routes": verdict.total_routes,
        "reached": verdict.reached,
        "never_sent": list(verdict.unexercised),
        "statuses": {f"{status}xx" if status else "none": times for status, times in coverage.statuses.items()},
        "fields": list(coverage.fields),
        "tables": coverage.tables,
        "columns": {table: list(columns) for table, columns in coverage.columns.items()},
        "statements": coverage.statements,
        "transactions": coverage.transactions,
    }


def _group(group: Group) -> dict[str, Any]:
    primary = group.primary
    return {
        "code": primary.code,
        "title": primary.title,
        "layer": primary.layer,
        "severity": group.severity,
        "trap": trap(primary) or None,
        "count": group.count,
        "routes": list(group.routes),
        "examples": [_finding(finding) for finding in group.examples],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "title": finding.title,
        "layer": finding.layer,
        "severity": finding.severity,
        "route": finding.route,
        "scenario": finding.scenario,
        "step": finding.step,
        "where": finding.where,
        "legacy": finding.legacy,
        "async": finding.async_,
        "note": finding.note,
        "why": finding.entry.why,
        "help": finding.hint,
        "trap": trap(finding) or None,
        "exchange": _exchange(finding.exchange) if finding.exchange else None,
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "target": exchange.target,
        "headers": [list(header) for header in exchange.headers],
        "body": exchange.body,
        "legacy": _did(exchange.legacy, exchange.ticks[0], exchange.changes[0]),
        "async": _did(exchange.async_, exchange.ticks[1], exchange.changes[1]),
    }


def _did(reply: Reply, ticks: Sequence[Tick], changes: Sequence[str]) -> dict[str, Any]:
    """What one side answered, did and committed. Times are seconds since the request reached it."""
    return {
        "status": reply.status,
        "headers": [list(header) for header in reply.headers],
        "body": reply.body,
        "ticks": [
            {
                "at": round(tick.at, 6),
                "until": None if tick.until is None else round(tick.until, 6),
                "lane": tick.lane,
                "text": tick.text,
                "bad": tick.bad,
            }
            for tick in ticks
        ],
        "changes": list(changes),
    }
