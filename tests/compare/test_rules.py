"""Ignore rules: what they cover is counted, and one that covers nothing or too much fails the run."""

import pytest

from compare.config import IgnoreConfig
from compare.findings import Finding
from compare.verdict import Verdict
from compare.verdict.rules import Rules


def rule(where: str, route: str | None = None, code: str | None = None) -> IgnoreConfig:
    return IgnoreConfig(where=where, route=route, code=code, reason="agreed with the client")


def found(where: str, route: str = "GET /a", code: str = "RES003") -> Finding:
    return Finding(code, where, "1", "2", route)


@pytest.mark.parametrize(
    ("given", "where", "covered"),
    [
        (rule("/items/*/rank"), "/items/3/rank", True),
        (rule("/items/*/rank"), "/items/3/name", False),
        (rule("/items/*/rank"), "/items/3/sub/rank", False),
        (rule("orders.*"), "orders.updated_at", True),
        (rule("/rank", route="GET /b"), "/rank", False),
        (rule("/rank", code="RES004"), "/rank", False),
        (rule("/rank", route="GET /a", code="RES003"), "/rank", True),
    ],
)
def test_a_rule_covers_its_place_route_and_code(given: IgnoreConfig, where: str, covered: bool) -> None:  # noqa: FBT001 - a table
    assert Rules((given,)).covers(found(where)) is covered


def test_what_a_rule_covers_is_counted_with_its_reason() -> None:
    rules = Rules((rule("/a"), rule("/b")))
    for where in ("/a", "/a", "/c"):
        rules.covers(found(where))
    assert [(one.rule, one.reason, one.hits) for one in rules.ignored()] == [
        ("/a", "agreed with the client", 2),
        ("/b", "agreed with the client", 0),
    ]


def test_a_rule_that_covers_nothing_is_a_problem_of_a_whole_run_only() -> None:
    rules = Rules((rule("/a"),))
    assert "covered nothing" in next(rules.problems(100, whole=True))
    assert list(rules.problems(100, whole=False)) == []


def test_a_rule_that_hides_more_than_a_twentieth_is_a_problem() -> None:
    rules = Rules((rule("/a"),))
    for _ in range(6):
        rules.covers(found("/a"))
    assert "hides 6% of all" in next(rules.problems(100, whole=True))
    assert list(rules.problems(1000, whole=True)) == []


def test_a_broken_rule_sets_exit_2() -> None:
    assert Verdict({}, broken_rules=("…",)).exit_code == 2
