"""Scenarios: finding the files, reading them, and joining each with its set-up.

A scenario that another one names in `setup` is a prelude: its steps run at the head of the other, and never by itself.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from compare.errors import UsageError
from compare.traffic.document import read_document
from compare.traffic.files import matching_files
from compare.traffic.model import ScenarioModel, read_step, sentences
from compare.traffic.template import UNIQUE, Json, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from compare.traffic.request import Request

MINIMAL = """\
- scenario: the first look
  steps:
    - GET /items:
        status: 200
"""
SUFFIXES = (".yaml", ".yml")
Origin = Literal["written", "recorded", "generated"]


@dataclass(frozen=True)
class Scenario:
    """A named list of requests that share cookies and captured values.

    `variables` are the constants; `setup` is the name of the prelude, whose steps `joined` puts in front. `origin`
    says who made it: a person, a recording or the generator.
    """

    name: str
    file: Path
    steps: tuple[Request, ...]
    variables: tuple[tuple[str, Json], ...] = ()
    setup: str | None = None
    origin: Origin = "written"

    @property
    def lenient(self) -> bool:
        """Whether nobody promised how its steps go.

        A value that neither side has for a capture is then no mistake: the scenario goes on, and a later step that
        `Request.lacks` a value on either side is left out.
        """
        return self.origin != "written"


def find_files(patterns: Iterable[str], directory: Path) -> list[Path]:
    """The scenario files that files, folders and globs stand for. UsageError where one stands for none."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        matches = matching_files(pattern, directory, SUFFIXES)
        if not matches:
            raise UsageError(
                f"No scenarios: {pattern!r} names no YAML file below {directory}.\n"
                f"Write a first one, for example {directory / 'scenarios' / 'first.yaml'}:\n\n{MINIMAL}"
            )
        found.update(dict.fromkeys(matches))
    return list(found)


def load_scenarios(files: Sequence[Path]) -> list[Scenario]:
    """Every scenario that runs by itself, with its set-up in front. UsageError for anything malformed."""
    by_name: dict[str, Scenario] = {}
    for file in files:
        for scenario in _read(file):
            if scenario.name in by_name:
                other = by_name[scenario.name].file
                raise UsageError(f"{file}: a scenario {scenario.name!r} is already in {other}; names must be unique.")
            by_name[scenario.name] = scenario
    preludes = {scenario.setup for scenario in by_name.values()}
    joined = [_joined(scenario, by_name, ()) for scenario in by_name.values()]
    for scenario in joined:
        _check_names(scenario)
    return [scenario for scenario in joined if scenario.name not in preludes]


def _read(file: Path) -> list[Scenario]:
    document = read_document(file)
    written = document if isinstance(document, list) else [document]
    if not written or document is None:
        raise UsageError(f"{file}: holds no scenario. A minimal one:\n\n{MINIMAL}")
    return [_scenario(file, position, item) for position, item in enumerate(written, 1)]


def _scenario(file: Path, position: int, written: object) -> Scenario:
    name = written.get("scenario") if isinstance(written, dict) else None
    title = f"{file}: scenario {name!r}" if isinstance(name, str) else f"{file}: scenario number {position}"
    try:
        model = ScenarioModel.model_validate(written)
    except ValidationError as error:
        raise UsageError(f"{title}: {'; '.join(sentences(error, ScenarioModel))}.") from None
    steps = []
    for number, step in enumerate(model.steps, 1):
        try:
            steps.append(read_step(number, step))
        except ValueError as error:
            raise UsageError(f"{title}, step {number}{_head(step)}: {error}.") from None
    return Scenario(model.scenario, file, tuple(steps), tuple(model.variables.items()), model.setup)


def _head(step: object) -> str:
    """The request line of a malformed step, where it has one."""
    return f" ({next(iter(step))})" if isinstance(step, dict) and len(step) == 1 else ""


def _joined(scenario: Scenario, by_name: dict[str, Scenario], above: tuple[str, ...]) -> Scenario:
    """The scenario with the steps and variables of its set-up in front."""
    if scenario.setup is None:
        return scenario
    title = f"{scenario.file}: scenario {scenario.name!r}"
    if scenario.setup == scenario.name or scenario.setup in above:
        raise UsageError(f"{title}: its setup leads back to itself ({' → '.join([*above, scenario.name])}).")
    if scenario.setup not in by_name:
        near = difflib.get_close_matches(scenario.setup, by_name, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(map(repr, by_name))}"
        raise UsageError(f"{title}: setup names no scenario: {scenario.setup!r}; {advice}")
    prelude = _joined(by_name[scenario.setup], by_name, (*above, scenario.name))
    steps = tuple(dataclasses.replace(step, prelude=step.prelude or prelude.name) for step in prelude.steps)
    variables = {**dict(prelude.variables), **dict(scenario.variables)}
    return dataclasses.replace(scenario, steps=steps + scenario.steps, variables=tuple(variables.items()))


def _check_names(scenario: Scenario) -> None:
    """Refuse a reference to a value that no earlier step captures."""
    known = {UNIQUE, *(name for name, _ in scenario.variables)}
    for step in scenario.steps:
        for name in step.names():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                advice = (
                    f"did you mean ${{{near[0]}}}?"
                    if near
                    else "capture it in an earlier step, or write $${ for a plain ${."
                )
                raise UsageError(
                    f"{scenario.file}: scenario {scenario.name!r}, step {step}: "
                    f"nothing gives ${{{name}}} a value; {advice}"
                )
        known.update(capture.name for capture in step.captures)
    for name in (name for _, value in scenario.variables for name in names(value)):
        raise UsageError(
            f"{scenario.file}: scenario {scenario.name!r}: a variable cannot refer to another (${{{name}}})."
        )
