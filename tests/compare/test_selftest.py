"""The self-test itself: what it calls found, and that each check of the comparator is needed to find its plant."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from typer import testing

from compare import cli
from compare.errors import CouldNotRunError, UsageError
from compare.findings import Finding, Group
from compare.postgres import Address, Server, fill
from compare.selftest import command as selftest_command
from compare.selftest import engine
from compare.selftest.engine import playing
from compare.selftest.pairs import check_installed, config_of
from compare.selftest.plant import Plant
from compare.selftest.plants import PLANTS
from compare.selftest.recording import Recording
from compare.selftest.result import Result, as_document
from compare.selftest.run import checked, choose_plants

BY_NAME = {plant.name: plant for plant in PLANTS}
LOST = BY_NAME["lost_commit"]
SHORT = {plant.code: plant for plant in reversed(PLANTS)}  # the first plant of each code; compare selftest plays all


def group(*codes: str) -> Group:
    """A group of findings, the primary one first."""
    return Group(tuple(Finding(code, "somewhere", "one", "another") for code in codes), len(codes))


@pytest.fixture(scope="module")
def play(embedded: Address) -> Iterator[Callable[[Plant], Recording]]:
    """Plays a plant on the self-test's own pairs."""
    server = Server(embedded)
    try:
        server.build_template(partial(fill, config_of("plain")))
        with playing(server) as playing_one:
            yield playing_one
    finally:
        server.close()


@pytest.mark.parametrize("plant", [pytest.param(plant, id=f"{code}-{plant.name}") for code, plant in SHORT.items()])
def test_a_plant_is_found_by_its_own_check_alone(play: Callable[[Plant], Recording], plant: Plant) -> None:
    recording = play(plant)
    result = Result(plant, recording.groups)
    assert result.found, str(result)
    assert not Result(plant, recording.again({plant.code})).found


def test_evidence_judged_again_says_the_same(play: Callable[[Plant], Recording]) -> None:
    recording = play(BY_NAME["commit_not_awaited"])
    assert recording.again() == recording.groups


@pytest.mark.parametrize(
    ("groups", "verdict"),
    [
        ((group("ROW008", "RES003"),), "found"),
        ((group("ROW008"), group("TXN008")), "found"),  # information beside it
        ((group("ROW001"),), "misnamed"),
        ((group("ROW008"), group("RES003")), "split"),
        ((group("ROW008"), group("RTM001")), "split"),
        ((group("TXN008"),), "missed"),
        ((), "missed"),
    ],
)
def test_a_plant_is_found_as_one_group_with_its_code_in_front(groups: tuple[Group, ...], verdict: str) -> None:
    result = Result(LOST, groups)
    assert result.verdict == verdict
    assert result.found is (verdict == "found")


def test_a_plant_that_is_information_must_not_come_with_anything_graver() -> None:
    plant = BY_NAME["joined_instead"]
    assert Result(plant, (group("SQL011"), group("RTM007"))).found
    assert not Result(plant, (group("SQL011"), group("SQL001"))).found


def test_a_line_says_layer_code_title_name_and_trap() -> None:
    assert str(Result(LOST, (group("ROW008"),))) == "found     rows          ROW008  commit missing  lost_commit  (T02)"


def test_what_was_found_instead_stands_below_the_line() -> None:
    text = str(Result(LOST, (group("RES003", "RES005"),)))
    assert text.splitlines()[1].strip() == "RES003 body value differs, difference, at somewhere (RES003, RES005)"


def test_a_plant_that_cannot_be_played_is_a_failure_and_the_rest_goes_on() -> None:
    def judge(plant: Plant) -> tuple[Group, ...]:
        if plant is LOST:
            raise CouldNotRunError("the async side died")
        return (group(plant.code),)

    told: list[Result] = []
    results = checked((LOST, BY_NAME["limit_lost"]), judge, told.append)
    assert [result.verdict for result in results] == ["failed", "found"]
    assert told == list(results)
    assert "the async side died" in str(results[0])


def test_a_pair_that_does_not_start_is_not_started_again_for_the_next_plant(
    embedded: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[object] = []

    def refuse(*arguments: object) -> None:
        starts.append(arguments)
        raise CouldNotRunError("the app cannot be imported")

    monkeypatch.setattr(engine, "opened", refuse)
    with playing(Server(embedded)) as play_one:
        for plant in (LOST, BY_NAME["limit_lost"]):
            with pytest.raises(CouldNotRunError, match="cannot be imported"):
                play_one(plant)
    assert len(starts) == 1


def test_plants_are_chosen_by_name_code_or_layer() -> None:
    assert choose_plants("lost_commit") == (LOST,)
    assert {plant.code for plant in choose_plants("row008")} == {"ROW008"}
    assert choose_plants(None) == PLANTS


def test_a_text_that_no_plant_has_is_refused() -> None:
    with pytest.raises(UsageError, match="No plant has 'weeds'"):
        choose_plants("weeds")


def test_what_is_not_installed_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "asyncpg" else object())
    with pytest.raises(CouldNotRunError, match=r"asyncpg is not installed .*\[selftest\]"):
        check_installed()


def test_the_document_holds_what_each_plant_was_found_as() -> None:
    document = as_document((Result(LOST, (group("ROW008", "RES003"),), 0.5),))
    assert document["found"] == 1
    assert document["plants"] == [
        {
            "name": "lost_commit",
            "layer": "rows",
            "code": "ROW008",
            "trap": "T02",
            "result": "found",
            "seconds": 0.5,
            "groups": [{"severity": "difference", "codes": ["ROW008", "RES003"]}],
            "failure": "",
        }
    ]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., testing.Result]:
    """`compare selftest` with a judge that finds every plant but those named."""

    def run(*options: str, missed: tuple[str, ...] = ()) -> testing.Result:
        def play(plants: tuple[Plant, ...], tell: Callable[[Result], None], _url: str | None) -> tuple[Result, ...]:
            return checked(plants, lambda plant: () if plant.name in missed else (group(plant.code),), tell)

        monkeypatch.setattr(selftest_command, "play_all", play)
        return testing.CliRunner().invoke(cli.app, ["selftest", *options])

    return run


def test_the_command_ends_with_0_only_if_every_plant_is_found(command: Callable[..., testing.Result]) -> None:
    assert command().exit_code == 0
    partial_result = command("--only", "ROW008", missed=("lost_commit",))
    assert partial_result.exit_code == 1
    assert "missed    rows          ROW008  commit missing  lost_commit  (T02)" in partial_result.stdout
    assert "2 of 3 planted divergences found." in partial_result.stdout


def test_the_command_writes_json_to_stdout_and_its_lines_to_stderr(command: Callable[..., testing.Result]) -> None:
    result = command("--only", "lost_commit", "--json", "-")
    assert json.loads(result.stdout)["found"] == 1
    assert "lost_commit" in result.stderr
