"""Every figure as JSON: rounds as they were, and what is said of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from compare.bench.report.summary import summary
from compare.bench.result import SIDES

if TYPE_CHECKING:
    from compare.bench.figures import Round
    from compare.bench.result import Benchmark, Judged

FORM = "bench-1"
QUANTILES = (0.5, 0.95, 0.99, 1.0)


def as_document(result: Benchmark) -> dict[str, Any]:
    """The run as a JSON object; seconds, bytes, and requests a second throughout."""
    return {
        "form": FORM,
        "apps": dict(result.apps),
        "machine": result.machine,
        "ceiling": result.ceiling,
        "clients": result.clients,
        "margin": result.margin,
        "seconds": result.seconds,
        "stopped": result.stopped or None,
        "refused": dict(result.refused),
        "targets": [_target(one) for one in result.judged],
    }


def _target(one: Judged) -> dict[str, Any]:
    measured = one.measured
    return {
        "name": measured.name,
        "verdict": one.verdict,
        "words": one.words,
        "throughput": None if one.throughput is None else asdict(one.throughput),
        "cpu": None if one.cpu is None else asdict(one.cpu),
        "reasons": {side: why.words for side, why in one.reasons.items()},
        "advice": list(one.advice),
        "stalls": dict(one.stalls),
        "notes": list(one.notes),
        "requests_each": measured.together,
        "sides": {
            side: {
                **asdict(summary(measured, side)),
                "rounds": [round_document(done) for done in measured.compared(side)],
                "sweep": [round_document(done) for done in measured.sweep.get(side, ())],
                "open": [round_document(done) for done in measured.open.get(side, ())],
            }
            for side in SIDES
        },
    }


def round_document(done: Round) -> dict[str, Any]:
    """One round, with quantiles in place of each answer's time."""
    kept = {key: value for key, value in asdict(done).items() if key not in {"good", "bad"}}
    return {
        **kept,
        "right": len(done.good),
        "wrong": len(done.bad),
        "throughput": done.throughput,
        "quantiles": {str(share): done.quantile(share) for share in QUANTILES},
    }
