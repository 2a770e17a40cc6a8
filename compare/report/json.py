"""The verdict as JSON, for programs. `schema` changes when a key is renamed, removed or given another meaning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compare import __version__
from compare.report.secrets import hide, hide_at, hide_header

if TYPE_CHECKING:
    from compare.findings import Exchange, Finding, Reply
    from compare.verdict import Verdict

SCHEMA = 1


def as_json(verdict: Verdict) -> str:
    """The whole verdict. Secrets read ***, as in every report."""
    document = {
        "schema": SCHEMA,
        "compare": __version__,
        "same": verdict.exit_code == 0,
        "exit_code": verdict.exit_code,
        "stopped": verdict.stopped,
        "legacy": {"app": verdict.apps["legacy"]},
        "async": {"app": verdict.apps["async"]},
        "scenarios": verdict.scenarios,
        "requests": verdict.requests,
        "seconds": round(verdict.seconds, 3),
        "routes": [
            {
                "route": result.route,
                "requests": result.requests,
                "statuses": {str(status or "none"): count for status, count in result.statuses},
                "differences": result.differences,
            }
            for result in verdict.routes
        ],
        "coverage": {"routes": verdict.total_routes, "never_sent": list(verdict.unexercised)},
        "tables": [
            {"table": table.name, "legacy": table.legacy, "async": table.async_, "differences": table.differences}
            for table in verdict.tables
        ],
        "findings": [_finding(finding) for finding in verdict.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


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
        "legacy": hide_at(finding.where, finding.legacy),
        "async": hide_at(finding.where, finding.async_),
        "note": finding.note,
        "why": finding.entry.why,
        "help": finding.hint,
        "trap": finding.entry.trap,
        "exchange": _exchange(finding.exchange) if finding.exchange else None,
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "target": hide(exchange.target),
        "headers": [[name, hide_header(name, value)] for name, value in exchange.headers],
        "body": hide(exchange.body),
        "legacy": _reply(exchange.legacy),
        "async": _reply(exchange.async_),
    }


def _reply(reply: Reply) -> dict[str, Any]:
    headers = [[name, hide_header(name, value)] for name, value in reply.headers]
    return {"status": reply.status, "headers": headers, "body": hide(reply.body)}
