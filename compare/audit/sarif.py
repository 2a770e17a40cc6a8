"""An audit as SARIF 2.1.0, which code hosts show beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare import __version__
from compare.audit.traps import TRAPS

if TYPE_CHECKING:
    from compare.audit.audited import Audit
    from compare.audit.site import Site

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(audit: Audit) -> dict[str, object]:
    """Return an audit as a SARIF log with one run."""
    codes = sorted({one.code for one in audit.sites})
    driver = {
        "name": "compare audit",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(one, codes.index(one.code)) for one in audit.sites]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(code: str) -> dict[str, object]:
    trap = TRAPS[code]
    return {
        "id": code,
        "shortDescription": {"text": trap.title},
        "fullDescription": {"text": trap.why},
        "help": {"text": trap.fix},
        "defaultConfiguration": {"level": "warning"},
    }


def _result(one: Site, rule: int) -> dict[str, object]:
    region = {
        "startLine": one.span.line,
        "startColumn": one.span.column + 1,
        "endLine": one.span.end_line,
        "endColumn": one.span.end_column + 1,
    }
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": "warning",
        "message": {"text": f"{one.message} ({one.help})" if one.help else one.message},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": one.path.as_posix()}, "region": region}},
        ],
    }
