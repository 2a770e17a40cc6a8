"""Routes: which ones there are on each side, which ones scenarios mean, and which ones were reached."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from compare.errors import UsageError
from compare.traffic.template import REFERENCE, fill_target, text_of
from compare.verdict.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from compare.subjects import Route, Routes
    from compare.traffic import Request, Scenario
    from compare.traffic.template import Json

# What a captured value could be, for a look at the routes before anything is sent: a number, a uuid, a word.
SAMPLES = ("1", "00000000-0000-4000-8000-000000000000", "sample")
ABSENT = "(no such route)"


def check_scenarios(scenarios: Iterable[Scenario], tables: Sequence[Routes]) -> None:
    """UsageError for the first step whose path is no route of either app; apps that show no routes pass."""
    if not any(len(routes) for routes in tables):
        return
    for scenario in scenarios:
        variables = dict(scenario.variables)
        for step in scenario.steps:
            if step.expects_route and not _is_link(step) and not _known(step, variables, tables):
                raise UsageError(
                    f"{scenario.file}: scenario {scenario.name!r}, step {step}: no route of either app has this path"
                    f"{_advice(step, tables)}\nIf it is meant to match none, write 'route: none' below the step."
                )


def find_route(method: str, target: str, tables: Sequence[Routes]) -> Route | None:
    """The route that a request goes to, by legacy's table first."""
    path = target.partition("?")[0]
    return next((route for routes in tables if (route := routes.match(method, path)) is not None), None)


def table_differences(legacy: Routes, async_: Routes) -> Iterator[tuple[str, Difference]]:
    """Routes that one app has and the other has not, whatever their path parameters are called."""
    if not len(legacy) or not len(async_):
        return
    shapes = [{_shape(route): route for route in _without_heads(routes)} for routes in (legacy, async_)]
    for shape in shapes[0].keys() - shapes[1].keys():
        route = str(shapes[0][shape])
        yield route, Difference("RES012", route, route, ABSENT)
    for shape in shapes[1].keys() - shapes[0].keys():
        route = str(shapes[1][shape])
        yield route, Difference("RES012", route, ABSENT, route)


def routes_to_cover(legacy: Routes, async_: Routes) -> list[str]:
    """Every route of either app, legacy's order first; documentation routes are left out, HEAD counts as its GET."""
    found: dict[tuple[str, str], str] = {}
    for routes in (legacy, async_):
        for route in _without_heads(routes):
            if not route.docs:
                found.setdefault(_shape(route), str(route))
    return list(found.values())


def _without_heads(routes: Routes) -> list[Route]:
    """Routes but for the HEAD that a framework adds to a GET."""
    gets = {route.template for route in routes if route.method == "GET"}
    return [route for route in routes if route.method != "HEAD" or route.template not in gets]


def _shape(route: Route) -> tuple[str, str]:
    return route.method, re.sub(r"\{[^}:]*(:[^}]*)?\}", lambda match: "{" + (match[1] or "") + "}", route.template)


def _is_link(step: Request) -> bool:
    """Whether the path begins with a captured link, which is known only while running."""
    match = REFERENCE.match(step.target)
    return bool(match and match[2])


def _known(step: Request, variables: Mapping[str, Json], tables: Sequence[Routes]) -> bool:
    names = set(step.names())
    for sample in SAMPLES:
        values = {name: text_of(variables[name]) if name in variables else sample for name in names}
        if find_route(step.method, fill_target(step.target, dict(values)), tables) is not None:
            return True
    return False


def _advice(step: Request, tables: Sequence[Routes]) -> str:
    known = list(dict.fromkeys(str(route) for routes in tables for route in routes if not route.docs))
    path = step.target.partition("?")[0]
    wanted = f"{step.method} {REFERENCE.sub('{x}', path)}"
    same_path = [name for name in known if name.partition(" ")[2] == path]
    near = same_path or difflib.get_close_matches(wanted, known, n=1, cutoff=0.4)
    return (
        f"; did you mean {near[0]}?" if near else f"; there are {len(known)} routes, for example {', '.join(known[:3])}"
    )
