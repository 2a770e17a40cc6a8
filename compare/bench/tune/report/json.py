"""Every figure of tuning as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from compare.bench.report.json import round_document
from compare.bench.tune.advice import advised

if TYPE_CHECKING:
    from compare.bench.tune.result import Tuning
    from compare.bench.tune.trial import Trial

FORM = "tune-1"


def as_document(tuning: Tuning) -> dict[str, Any]:
    """The run as a JSON object; seconds, bytes, and requests a second throughout."""
    decision = tuning.decision
    return {
        "form": FORM,
        "side": tuning.side,
        "app": tuning.app,
        "machine": tuning.machine,
        "load": tuning.load,
        "clients": tuning.clients,
        "connections": tuning.connections,
        "margin": tuning.margin,
        "seconds": tuning.seconds,
        "own": {**asdict(tuning.own), "pools_of_all_processes": tuning.own.units},
        **asdict(advised(tuning)),
        "better": decision.better,
        "best": None if decision.best is None else asdict(decision.best.setting),
        "ratio": None if decision.ratio is None else asdict(decision.ratio),
        "current": _trial(tuning.current),
        "tried": [_trial(trial) for trial in tuning.tried],
        "final": [_trial(trial) for trial in tuning.final],
        "skipped": [asdict(setting) for setting in tuning.skipped],
        "refused": dict(tuning.refused),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        **asdict(trial.setting),
        "current": trial.current,
        "stopped": trial.stopped or None,
        "throughput": trial.throughput,
        "spread": trial.spread,
        "p50": trial.p50,
        "p99": trial.p99,
        "cpu": trial.cpu,
        "connections": trial.connections,
        "pool_wait": trial.pool_wait,
        "threads_used": trial.threads_used,
        "memory": trial.memory,
        "failed": trial.failed,
        "rounds": [round_document(done) for done in trial.rounds],
    }
