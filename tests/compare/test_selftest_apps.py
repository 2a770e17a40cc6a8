"""The harbour apps of the self-test: healthy twins without a plant, and every plant that shows from outside bites."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from compare.findings import CATALOGUE, layer_of
from compare.postgres import Address, Clone, Server, fill
from compare.selftest.pairs import config_of
from compare.selftest.plant import PairName, Plant
from compare.selftest.plants import PLANTS
from compare.subjects import Subject, started
from compare.traffic import Captured, Missing, Request, Values

from .test_process import eventually

APPS = Path(__file__).parents[2] / "compare" / "selftest" / "apps"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?\+00(?::?00)?")
AGE = timedelta(hours=1)  # what is younger was written by the test
PATIENCE = 30.0  # seconds for an answer that comes
HANGS = 1.5  # seconds after which a planted answer that never ends is given up

UNSEEN = {"ROW012", "ERR011", "RES012"}  # only what the probe or the route table says shows these
SAID = {
    "commit_not_awaited": "'AsyncSession.commit' was never awaited",
    "delete_not_awaited": "'AsyncSession.delete' was never awaited",
    "dependency_not_async": "'AsyncSession.close' was never awaited",
    "session_leaked": "garbage collector",
    "failure_only_logged": "the harbour master was not told",
    "warned_of_a_fallback": "no fast lane",
}
"""What the async app prints where only its log tells."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A started pair and its clones, legacy first."""

    clones: tuple[Clone, Clone]
    subjects: tuple[Subject, Subject]

    def reset(self) -> None:
        """Both databases as they were."""
        for clone in self.clones:
            clone.reset()

    def answers(self, requests: tuple[Request, ...], patience: float = HANGS) -> list[list[tuple[object, ...]]]:
        """Status, headers and text of each request; a list for each side."""
        return [_answers(subject, requests, patience) for subject in self.subjects]

    def contents(self) -> list[dict[str, object]]:
        """What stands in tables and sequences, the time of the test itself left out; one for each side."""
        return [_contents(clone) for clone in self.clones]


def _answers(subject: Subject, requests: tuple[Request, ...], patience: float) -> list[tuple[object, ...]]:
    values: Values = {}
    found: list[tuple[object, ...]] = []
    with httpx.Client(base_url=subject.base_url, timeout=patience, trust_env=False) as client:
        for request in requests:
            wire = request.render(values)
            try:
                answer = client.request(wire.method, wire.target, headers=dict(wire.headers), content=wire.content)
            except httpx.HTTPError as error:
                found.append((type(error).__name__,))
                continue
            headers = {key: value for key, value in answer.headers.items() if key not in {"date", "server"}}
            found.append((answer.status_code, headers, _timeless(answer.text)))
            for capture in request.captures:
                try:
                    values[capture.name] = capture.take(Captured(tuple(answer.headers.items()), answer.content))
                except Missing:
                    found.append(("missing",))
                    values[capture.name] = "none"
    return found


def _contents(clone: Clone) -> dict[str, object]:
    tables: dict[str, object] = {
        str(table): [tuple(_timeless(value) for value in row) for row in clone.rows(table)] for table in clone.tables()
    }
    return tables | {"sequences": clone.sequences()}


def _timeless(text: str | None) -> str | None:
    """A text without the moments of this test."""

    def young(match: re.Match[str]) -> str:
        moment = datetime.fromisoformat(match[0] if match[0].endswith(":00") else f"{match[0]}:00")
        return "now" if abs(datetime.now(UTC) - moment) < AGE else match[0]

    return None if text is None else MOMENT.sub(young, text)


@pytest.fixture(scope="module")
def pair(embedded: Address) -> Iterator[Callable[[PairName], Running]]:
    """Starts a pair when the first test asks for it."""
    with ExitStack() as stack:
        server = Server(embedded)
        stack.callback(server.close)
        server.build_template(partial(fill, config_of("plain")))
        running: dict[PairName, Running] = {}

        def starting(name: PairName) -> Running:
            if name not in running:
                config = config_of(name)
                clones = [stack.enter_context(server.clone(f"{name} {side.name}")) for side in config.sides]
                legacy, async_ = (
                    stack.enter_context(started(side, clone.address))
                    for side, clone in zip(config.sides, clones, strict=True)
                )
                running[name] = Running((clones[0], clones[1]), (legacy, async_))
            return running[name]

        yield starting


def healthy(plant: Plant) -> tuple[Request, ...]:
    """A plant's requests without the header that plants it."""
    return tuple(dataclasses.replace(request, headers=()) for request in plant.requests)


def shows(plant: Plant) -> bool:
    """Whether an answer or a row shows the plant; of the others only the engine's own test can tell."""
    outside = plant.layer in {"response", "error", "rows"}
    return outside and plant.code not in UNSEEN and plant.name not in {*SAID, "background_uses_the_session"}


APART = {
    "number_too_large",
    "token_padded",
    "other_code_told",
    "code_of_another_ship",
}  # differs by itself; PostgreSQL draws for these
WITHOUT = {
    str(healthy(plant)): plant for plant in PLANTS if plant.pair in {"plain", "zone"} and plant.name not in APART
}


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant.name) for plant in WITHOUT.values()])
def test_without_a_plant_both_apps_are_the_same(pair: Callable[[PairName], Running], plant: Plant) -> None:
    running = pair(plant.pair)
    running.reset()
    legacy, async_ = running.answers(healthy(plant), patience=PATIENCE)
    assert legacy == async_
    before, after = running.contents()
    assert before == after


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant.name) for plant in PLANTS if shows(plant)])
def test_a_plant_bites_where_anybody_can_see_it(pair: Callable[[PairName], Running], plant: Plant) -> None:
    running = pair(plant.pair)
    running.reset()
    legacy, async_ = running.answers(plant.requests)
    contents = running.contents()
    assert legacy != async_ or contents[0] != contents[1]


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant.name) for plant in PLANTS if plant.name in SAID])
def test_a_plant_bites_in_the_log(pair: Callable[[PairName], Running], plant: Plant) -> None:
    running = pair(plant.pair)
    running.reset()
    running.answers(plant.requests)
    process = running.subjects[1].process
    assert process is not None
    # What a request leaves behind may be found after its answer, and other plants may have said much since.
    assert eventually(lambda: SAID[plant.name] in process.output(last_bytes=50_000_000))


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant.name) for plant in PLANTS])
def test_a_plant_stands_in_the_code_of_an_app(plant: Plant) -> None:
    by_themselves = {"number_too_large", "driver_class", "table_made_at_start", "route_missing"}
    sources = "".join(path.read_text(encoding="utf-8") for path in APPS.rglob("*.py"))
    assert f'"{plant.name}"' in sources or plant.name in by_themselves


def test_every_code_of_the_six_layers_has_a_plant() -> None:
    assert {code for code in CATALOGUE if layer_of(code) != "run"} == {plant.code for plant in PLANTS}


def test_every_layer_has_ten_plants_or_more_under_names_of_their_own() -> None:
    layers = [plant.layer for plant in PLANTS]
    assert min(layers.count(layer) for layer in set(layers)) >= 10
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)


def test_a_plants_layer_is_that_of_its_code() -> None:
    assert {plant.name for plant in PLANTS if layer_of(plant.code) != plant.layer} == set()


def test_every_trap_that_two_apps_can_show_has_a_plant() -> None:
    elsewhere = {"T12", "T32", "T33", "T35", "T36"}  # the table in compare/selftest/plants says why
    wanted = {f"T{number:02}" for number in range(1, 44)}
    assert wanted - elsewhere == {plant.trap for plant in PLANTS} & wanted
