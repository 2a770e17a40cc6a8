"""The plan: all the traffic of a run. What is written and recorded is known before; what is generated asks legacy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from compare.errors import UsageError
from compare.traffic import find_files, load_scenarios
from compare.traffic.login import sent, with_login
from compare.traffic.openapi import generate
from compare.traffic.recording import load_recordings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compare.config import Config
    from compare.subjects import Subject
    from compare.traffic import Scenario

DOCUMENT = "openapi.json"
FETCH_SECONDS = 10.0
LISTED = 5  # operations that a note names


@dataclass
class Plan:
    """What is to be sent.

    Attributes:
        written: Scenarios of files and recordings, without the login.
        only: A text that the name of a scenario must hold; None for all.
        notes: Sentences about what was left out, for the report.
    """

    config: Config
    written: Sequence[Scenario] = ()
    only: str | None = None
    notes: list[str] = field(default_factory=list)
    _complete: list[Scenario] | None = None

    @property
    def whole(self) -> bool:
        """Whether all the traffic there is gets sent."""
        return self.only is None

    def scenarios(self, legacy: Subject) -> list[Scenario]:
        """Everything, with what is generated from the document of this running app, and the login in front.

        Raises:
            UsageError: the app gives no OpenAPI document, or nothing is left to send.
        """
        if self._complete is None:
            found = [*self.written, *self._generated(legacy)]
            self._complete = with_login(found, self.config.login, self.config.headers)
            if not self._complete:
                raise UsageError(_nothing(self.only))
        return self._complete

    def _generated(self, legacy: Subject) -> Iterator[Scenario]:
        wanted = self.config.openapi
        if not wanted.examples:
            return
        names = sent(self.config.login, self.config.headers)
        made = generate(
            _document(legacy), examples=wanted.examples, seed=wanted.seed, exclude=wanted.exclude, headers=names
        )
        if made.skipped:
            shown = "; ".join(f"{label}: {reason}" for label, reason in made.skipped[:LISTED])
            self.notes.append(f"Nothing was generated for {len(made.skipped)} operations: {shown}")
        yield from (scenario for scenario in made.scenarios if _named(scenario, self.only))


def choose_scenarios(config: Config, patterns: Sequence[str] = (), only: str | None = None) -> Plan:
    """The scenarios of files and recordings: the configuration's or those of `patterns`, named like `only`.

    Raises:
        UsageError: a file is malformed; or there is nothing of that name, and nothing is to be generated either.
    """
    notes: list[str] = []
    scenarios: list[Scenario] = []
    elsewhere = bool(config.recordings or config.openapi.examples)
    default = "scenarios" not in config.model_fields_set
    if patterns or config.scenarios:
        missing = not patterns and default and elsewhere and not (config.directory / config.scenarios[0]).exists()
        scenarios = [] if missing else load_scenarios(find_files(patterns or config.scenarios, config.directory))
    for recording in load_recordings(config.recordings, config.directory) if not patterns else ():
        scenarios.append(recording.scenario)
        for reason, count in recording.left_out:
            notes.append(f"{recording.scenario.name}: {count} entries left out ({reason})")
    chosen = [scenario for scenario in scenarios if _named(scenario, only)]
    if not chosen and not config.openapi.examples:
        names = "\n".join(f"  {scenario.name}" for scenario in scenarios)
        raise UsageError(f"No scenario has {only!r} in its name. There are:\n{names}" if only else _nothing(only))
    return Plan(config, chosen, only, notes)


def _named(scenario: Scenario, only: str | None) -> bool:
    return only is None or only.lower() in scenario.name.lower()


def _nothing(only: str | None) -> str:
    named = f" with {only!r} in its name" if only else ""
    return (
        f"There is nothing to send{named}. Write scenarios (scenarios = [...]), name recordings (recordings = "
        "[...]), or let requests be generated ([tool.compare.openapi] examples = 5)."
    )


def _document(legacy: Subject) -> object:
    """The parsed OpenAPI document of a running app."""
    documented = [route.template for route in legacy.routes if route.template.endswith(DOCUMENT)]
    path = next(iter(documented), f"/{DOCUMENT}")
    try:
        answer = httpx.get(legacy.base_url + path, timeout=FETCH_SECONDS, trust_env=False).raise_for_status()
        document: object = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise UsageError(
            f"The {legacy.name} app gives no OpenAPI document at {path} ({error}), so no requests can be generated. "
            "Write scenarios instead, or set [tool.compare.openapi] examples = 0."
        ) from None
    return document
