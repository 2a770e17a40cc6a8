"""A whole run on a small pair of apps: nothing between twins, and every planted defect by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from compare.config import load
from compare.errors import UsageError
from compare.postgres import Address
from compare.verdict import Event, Finished, Found, StepDone, Verdict, choose_scenarios, run

PAIR = Path(__file__).parent / "pair" / "compare.toml"
Compare = Callable[..., Verdict]


@pytest.fixture
def compare(embedded: Address, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Compare:
    """Run the pair with a planted defect, with all scenarios or with those written here."""

    def comparing(bug: str = "", scenarios: str = "", legacy: str = "pair.legacy:app", **changes: object) -> Verdict:
        monkeypatch.setenv("PAIR_BUG", bug)
        config = load(PAIR, {"database.url": embedded.url(), "legacy.app": legacy, "sample": 0, **changes})
        path = tmp_path / "some.yaml"
        path.write_text(scenarios, encoding="utf-8")
        chosen = choose_scenarios(config, [str(path)] if scenarios else ())
        return run(config, chosen, comparing.events.append)  # type: ignore[attr-defined]  # a list, set below

    comparing.events = []  # type: ignore[attr-defined]  # what the engine told
    return comparing


def primary(verdict: Verdict) -> list[tuple[str, str | None]]:
    """Code and route by which each group of differences is known."""
    groups = (group.primary for group in verdict.groups if group.severity == "difference")
    return [(finding.code, finding.route) for finding in groups]


def test_twins_are_the_same_and_every_route_is_covered(compare: Compare) -> None:
    verdict = compare()
    assert verdict.differences == ()
    assert verdict.exit_code == 0
    assert verdict.unexercised == ()
    assert verdict.reached == 6
    assert {table.name: table.legacy for table in verdict.tables}["entries"] == 4


@pytest.mark.parametrize(
    ("bug", "code", "route"),
    [
        ("commit", "ROW008", "POST /entries"),
        ("status", "RES001", "POST /entries"),
        ("total", "RES003", "GET /entries"),
        ("row", "ROW001", "PUT /watches/{number}"),
        ("header", "RES002", "POST /entries"),
        ("type", "RES004", "GET /entries/{entry_id}"),
        ("zone", "RES015", "POST /entries"),
    ],
)
def test_a_planted_defect_is_named_with_its_route(compare: Compare, bug: str, code: str, route: str) -> None:
    verdict = compare(bug)
    assert verdict.exit_code == 1
    assert primary(verdict) == [(code, route)]


def test_a_defect_of_legacy_is_a_difference_too(compare: Compare) -> None:
    """The scenario expects 201; that legacy no longer gives it must not pass for a mistake of the scenario."""
    verdict = compare("status", legacy="pair.aio:app", **{
        "legacy.env": {"DATABASE_URL": "{url}"},
        "async.app": "pair.legacy:app",
        "async.env": {"DATABASE_URL": "{sync_url}"},
    })  # fmt: skip
    assert ("RES001", "POST /entries") in primary(verdict)


def test_an_app_compared_with_itself_is_the_same(compare: Compare) -> None:
    verdict = compare(legacy="pair.aio:app", **{"legacy.env": {"DATABASE_URL": "{url}"}})
    assert verdict.differences == ()


def _by_design(event: Event) -> bool:
    return isinstance(event, Found) and event.finding.severity == "information"


def test_the_engine_tells_what_happens_as_it_happens(compare: Compare) -> None:
    verdict = compare("total", "scenario: read\nsteps:\n- GET /entries:\n- GET /watches:\n")
    events: list[Event] = compare.events  # type: ignore[attr-defined]  # see the fixture
    told = [event for event in events if isinstance(event, (Found, StepDone, Finished)) and not _by_design(event)]
    assert [type(event) for event in told] == [Found, StepDone, StepDone, Finished]
    assert verdict.unexercised == (
        "POST /entries",
        "GET /entries/{entry_id}",
        "DELETE /entries/{entry_id}",
        "PUT /watches/{number}",
    )


def test_an_unknown_route_is_refused_before_anything_is_sent(compare: Compare) -> None:
    with pytest.raises(UsageError, match=r"step 2\. GET /entrys/1: no route .* did you mean GET /entries"):
        compare(scenarios="scenario: read\nsteps:\n- GET /entries:\n- GET /entrys/1:\n")
    assert not any(isinstance(event, StepDone) for event in compare.events)  # type: ignore[attr-defined]  # see the fixture


def test_a_scenario_that_fails_on_both_sides_is_at_fault_itself(compare: Compare) -> None:
    with pytest.raises(UsageError, match="expects status 201, both sides answer 404"):
        compare(
            scenarios="scenario: x\nsteps:\n- POST /entries:\n"
            "    json: {keeper: 99, visibility_km: 1, remark: x}\n    status: 201\n"
        )


def test_a_capture_that_neither_side_has_is_a_mistake_of_the_scenario(compare: Compare) -> None:
    with pytest.raises(UsageError, match=r"no value for \$\{x\}: the body has no /nothing"):
        compare(scenarios="scenario: x\nsteps:\n- GET /entries: {capture: {x: /nothing}}\n")


def test_a_step_waits_until_the_status_comes(compare: Compare) -> None:
    with pytest.raises(UsageError, match=r"expects status 200, both sides answer for 0\.2 s 404"):
        compare(scenarios="scenario: x\nsteps:\n- PUT /watches/9: {json: {keeper: 1}, until: 200, within: 0.2}\n")
