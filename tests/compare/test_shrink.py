"""Shrinking: the shortest scenario that still differs, what it keeps, and when it gives up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.traffic import Capture, Request, Scenario
from compare.verdict.shrink import Budget, shrunk


def scenario(*steps: Request) -> Scenario:
    """A generated scenario."""
    return Scenario("made", Path("openapi.json"), steps, origin="generated")


def step(call: str, **fields: object) -> Request:
    """`POST /orders`."""
    method, target = call.split(" ")
    return Request(1, method, target, **fields)  # type: ignore[arg-type]  # any field of a request


def calls(found: Scenario) -> list[str]:
    """The steps as a person reads them."""
    return [str(one) for one in found.steps]


def at_its_end(differs: Callable[[Scenario], bool]) -> Callable[[Scenario], int | None]:
    """A difference that shows at the last step, if at all."""
    return lambda candidate: len(candidate.steps) if differs(candidate) else None


def counting(differs: Callable[[Scenario], bool]) -> tuple[Callable[[Scenario], int | None], list[Scenario]]:
    """As `at_its_end`, and what it was asked."""
    asked: list[Scenario] = []

    def counted(candidate: Scenario) -> int | None:
        asked.append(candidate)
        return at_its_end(differs)(candidate)

    return counted, asked


def test_steps_that_do_not_matter_are_taken_away() -> None:
    noise = [step(f"GET /noise/{number}") for number in range(20)]
    given = scenario(*noise[:7], step("POST /a"), *noise[7:13], step("POST /b"), *noise[13:])

    def differs(one: Scenario) -> bool:
        targets = [step.target for step in one.steps]
        return "/a" in targets and "/b" in targets and targets.index("/a") < targets.index("/b")

    counted, asked = counting(differs)
    assert calls(shrunk(given, counted)) == ["1. POST /a", "2. POST /b"]
    assert len(asked) < 60


def test_what_a_kept_step_needs_is_kept_too() -> None:
    token, customer = Capture("token", "/token"), Capture("customer_id", "/id")
    given = scenario(
        step("POST /login", captures=(token,)),
        step("GET /noise"),
        step("POST /customers", headers=(("authorization", "Bearer ${token}"),), captures=(customer,)),
        step("POST /orders", body_kind="json", body={"customer": "${customer_id}"}, captures=(Capture("x", "/x"),)),
        step("GET /noise"),
    )

    def differs(one: Scenario) -> bool:
        known: set[str] = set()
        for each in one.steps:
            assert set(each.names()) <= known  # a try that cannot be sent is a try wasted
            known.update(capture.name for capture in each.captures)
        return any(each.body == {"customer": "${customer_id}"} for each in one.steps)

    found = shrunk(given, at_its_end(differs))
    assert calls(found) == ["1. POST /customers", "2. POST /orders"]
    assert [each.captures for each in found.steps] == [(customer,), ()]


def test_bodies_queries_and_headers_are_made_plainer() -> None:
    body = {"lines": [{"sku": "long-name", "quantity": 870}, {"sku": "b", "quantity": 3.5}], "note": "hello"}
    given = scenario(
        step(
            "POST /orders",
            body_kind="json",
            body=body,
            query=(("page", "7"), ("q", "some words")),
            headers=(("accept", "text/csv"), ("x-a", "1")),
        )
    )

    def differs(one: Scenario) -> bool:
        sent: Any = one.steps[0].body
        lines = sent.get("lines", []) if isinstance(sent, dict) else []
        quantities = [line.get("quantity", 0) for line in lines if isinstance(line, dict)]
        return any(quantity > 100 for quantity in quantities) and "accept" in dict(one.steps[0].headers)

    (found,) = shrunk(given, at_its_end(differs)).steps
    assert found.body == {"lines": [{"quantity": 108}]}
    assert (found.query, found.headers) == ((), (("accept", "text/csv"),))


def test_the_same_scenario_shrinks_to_the_same_end_and_nothing_is_tried_twice() -> None:
    given = scenario(*(step(f"POST /{name}", body_kind="json", body={name: 9}) for name in "abcdefgh"))
    asked: list[list[Scenario]] = []
    for _ in range(2):
        counted, tries = counting(lambda one: {"/c", "/f"} <= {each.target for each in one.steps})
        shrunk(given, counted)
        asked.append(tries)
    assert asked[0] == asked[1]
    assert len(asked[0]) == len({repr(one) for one in asked[0]})  # none is tried twice


def test_no_more_is_tried_than_allowed() -> None:
    given = scenario(*(step(f"POST /{number}") for number in range(40)))
    counted, asked = counting(lambda one: len(one.steps) > 37)
    found = shrunk(given, counted, Budget(attempts=30))
    assert len(asked) == 30
    assert len(found.steps) >= 38


def test_without_time_the_given_scenario_is_the_answer() -> None:
    given = scenario(step("GET /a"), step("GET /b"))
    counted, asked = counting(lambda _one: True)
    assert shrunk(given, counted, Budget(seconds=0)) == given
    assert asked == []


def test_nothing_is_kept_after_the_step_at_which_it_shows() -> None:
    given = scenario(*(step(f"GET /{number}") for number in range(40)))
    asked: list[Scenario] = []

    def shows(one: Scenario) -> int | None:
        asked.append(one)
        targets = [each.target for each in one.steps]
        return targets.index("/5") + 1 if "/5" in targets else None

    assert calls(shrunk(given, shows)) == ["1. GET /5"]
    assert max(len(one.steps) for one in asked[2:]) <= 6  # of the first half nothing was kept but what leads to /5
