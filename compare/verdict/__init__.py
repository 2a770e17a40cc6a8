"""The verdict: both sides in lockstep, every answer and every row compared, generated values matched one to one.

`run` is the engine; it tells a listener what happens (`events`) and returns a `Verdict`. `response` and `rows` are
the two layers that are compared, `matching` decides whether two values are the same.
"""

from compare.verdict.events import Event, Finished, Found, Listener, Stage, StepDone
from compare.verdict.outcome import RouteResult, Verdict
from compare.verdict.plan import Plan, choose_scenarios
from compare.verdict.rows import TableResult
from compare.verdict.run import run, run_on

__all__ = [
    "Event",
    "Finished",
    "Found",
    "Listener",
    "Plan",
    "RouteResult",
    "Stage",
    "StepDone",
    "TableResult",
    "Verdict",
    "choose_scenarios",
    "run",
    "run_on",
]
