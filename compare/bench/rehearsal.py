"""The traffic as a run finds it: checked, and played once for what of it can be sent again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from compare.bench.workload import chosen, learned
from compare.verdict.coverage import check_scenarios
from compare.verdict.events import Stage
from compare.verdict.sides import check_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.workload import Workload
    from compare.config import BenchConfig, Config
    from compare.verdict.events import Listener
    from compare.verdict.plan import Plan
    from compare.verdict.side import Side


def rehearsed(
    config: Config, plan: Plan, sides: Sequence[Side], options: BenchConfig, listener: Listener
) -> tuple[Workload, list[str]]:
    """What can be sent to these sides, the first of which says where it goes, and the routes that were asked for.

    Raises:
        UsageError: a scenario asks what it must not, or a route that is not there; one that was asked for, or all,
            cannot be sent again and again.
    """
    scenarios = plan.scenarios(sides[0].subject)
    check_writes(config, scenarios)
    check_scenarios(scenarios, [side.subject.routes for side in sides])
    listener(Stage("finding out what can be sent again and again"))
    workload = asyncio.run(learned(scenarios, sides, options))
    return workload, chosen(workload, options.routes)
