"""Grouping: one cause is one group, however it shows, and two causes stay two."""

from collections.abc import Iterable

from compare.findings import Exchange, Finding, Group, Reply, Severity
from compare.verdict.groups import Grouping

TABLES = ("orders", "audit", "audit.entries")


def finding(  # noqa: PLR0913 - what a finding is made of
    code: str,
    where: str = "status",
    route: str = "POST /orders",
    *,
    level: Severity | None = None,
    scenario: str = "one",
    label: str | None = None,
    body: str = "",
) -> Finding:
    exchange = Exchange("POST", "/orders", (), body, Reply(200, (), ""), Reply(200, (), ""))
    return Finding(code, where, "a", "b", route, scenario, "1.", exchange, level=level, label=label)


def grouped(*requests: tuple[Iterable[Finding], frozenset[str] | None]) -> list[Group]:
    grouping = Grouping(TABLES)
    for findings, reads in requests:
        grouping.take(list(findings), reads)
    return list(grouping.groups())


def names(groups: Iterable[Group]) -> list[str]:
    return [group.primary.code for group in groups]


def test_a_lost_commit_with_its_rollback_and_the_next_read_is_one_group() -> None:
    lost = [finding("TXN012", "transaction"), finding("ROW008", "orders"), finding("SQL006", "writes")]
    read = [finding("RES003", "/total", "GET /orders")]
    (group,) = grouped((lost, frozenset({"orders"})), (read, frozenset({"orders"})))
    assert group.primary.code == "ROW008"
    assert {example.code for example in group.examples} == {"ROW008", "TXN012", "SQL006", "RES003"}
    assert (group.count, group.routes) == (4, ("POST /orders", "GET /orders"))


def test_a_read_of_tables_in_which_nothing_parted_is_a_group_of_its_own() -> None:
    lost = [finding("ROW008", "orders")]
    read = [finding("RES003", "/total", "GET /items")]
    assert names(grouped((lost, frozenset({"orders"})), (read, frozenset({"items"})))) == ["ROW008", "RES003"]


def test_without_a_probe_what_follows_in_the_same_scenario_belongs_to_the_divergence() -> None:
    lost = [finding("ROW008", "orders")]
    same, other = (finding("RES003", "/total", "GET /x", scenario=name) for name in ("one", "two"))
    assert names(grouped((lost, None), ([same], None))) == ["ROW008"]
    assert names(grouped((lost, None), ([other], None))) == ["ROW008", "RES003"]


def test_a_table_of_another_schema_is_told_apart() -> None:
    lost = [finding("ROW003", "audit.entries.at")]
    read = [finding("RES003", "/at", "GET /audit")]
    assert names(grouped((lost, None), ([finding("ROW003", "audit.entries.by")], None))) == ["ROW003"]
    assert len(grouped((lost, frozenset()), (read, frozenset({"audit"})))) == 2


def test_everything_in_a_request_that_failed_on_one_side_follows_from_the_failure() -> None:
    failed = [finding("RES003", "/a"), finding("ROW001", "orders"), finding("ERR001"), finding("ERR005")]
    assert names(grouped((failed, None))) == ["ERR005"]


def test_a_missing_header_beside_a_wrong_value_is_a_cause_of_its_own() -> None:
    found = [finding("RES002", "header location"), finding("RES003", "/total")]
    assert sorted(names(grouped((found, None)))) == ["RES002", "RES003"]


def test_more_statements_explain_no_other_value() -> None:
    assert sorted(names(grouped(([finding("SQL001"), finding("RES003", "/total")], None)))) == ["RES003", "SQL001"]


def test_the_same_kind_on_many_items_and_routes_is_one_group() -> None:
    requests = [
        ([finding("RES015", f"/items/{number}/made_at", f"GET /{number}", body="x" * (9 - number))], None)
        for number in range(9)
    ]
    (group,) = grouped(*requests)
    assert (group.count, len(group.routes), group.primary.route) == (9, 9, "GET /0")


def test_the_smallest_example_of_the_route_where_it_was_seen_first_is_kept() -> None:
    bodies = ("x" * 9, "x" * 3, "x" * 5)
    (group,) = grouped(*(([finding("RES003", "/total", body=body)], None) for body in bodies))
    assert group.primary.exchange is not None
    assert group.primary.exchange.body == "xxx"


def test_a_thousand_differences_from_five_causes_read_as_five() -> None:
    fields = ("/total", "/name", "/made_at", "/lines/0/price")
    requests = [
        ([*(finding("RES003", field) for field in fields), finding("RES002", "header etag")], None) for _ in range(200)
    ]
    groups = grouped(*requests)
    assert (len(groups), sum(group.count for group in groups)) == (5, 1000)


def test_one_shared_piece_that_costs_every_route_a_statement_is_one_group() -> None:
    assert len(grouped(*(([finding("SQL001", f"shape {n}", f"GET /{n}")], None) for n in "abcdefgh"))) == 1
    assert len(grouped(*(([finding("SQL001", f"shape {n}", f"GET /{n}")], None) for n in "abc"))) == 3


def test_hazards_stand_apart_from_differences_and_come_after_them() -> None:
    found = [finding("RTM004", "Order.lines", level="hazard"), finding("RES003", "/total")]
    groups = grouped((found, None))
    assert [(group.primary.code, group.severity) for group in groups] == [
        ("RES003", "difference"),
        ("RTM004", "hazard"),
    ]


def test_a_value_that_cannot_be_taken_belongs_to_what_differs_in_its_answer() -> None:
    grouping = Grouping(TABLES)
    grouping.take([finding("RES002", "header location")], None)
    grouping.take([finding("RES017", "capture link")], None)
    assert names(grouping.groups()) == ["RES002"]


def test_rows_that_are_missing_beside_another_commit_follow_from_their_rollback() -> None:
    found = [finding("ROW001", "audit"), finding("ROW011", "orders"), finding("TXN002", "transaction")]
    assert names(grouped((found, None))) == ["TXN002"]
