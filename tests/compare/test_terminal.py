"""The report on a terminal: what a person reads, in a file, at 80 columns, without colour."""

import io

import pytest
from rich.console import Console

from compare.findings import Group
from compare.report import TerminalReport
from compare.verdict import Verdict
from compare.verdict.outcome import Ignored

from .verdicts import exchange, finding, full, groups, verdict


def text(subject: Verdict, *, verbose: bool = False) -> str:
    """The report as it stands in a file."""
    stream = io.StringIO()
    TerminalReport(Console(file=stream, width=80, highlight=False), verbose=verbose).write(subject)
    return stream.getvalue()


def test_the_last_line_is_the_verdict() -> None:
    assert text(verdict()).splitlines()[-1] == "The same: 100 requests over 2 routes, 2 tables, 1.2 s."
    assert text(full()).splitlines()[-1] == (
        "Differs: 41 differences from 2 causes on 2 routes and 1 table, 1 hazard"
        " (100 requests over 2 routes, 2 tables, 1.2 s)."
    )


def test_routes_that_were_never_sent_are_named() -> None:
    assert "Never sent: 1 of 3 routes" in text(verdict())
    assert "  DELETE /orders/{id}" in text(verdict())


def test_under_each_route_stands_what_differs_by_layer() -> None:
    lines = text(full()).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("41 differ"))
    assert lines[place].split() == ["41", "differ", "40", "POST", "/orders", "201", "422"]
    assert lines[place + 1].strip() == "response 2, rows 35, transactions 4"


def test_a_cause_comes_with_all_that_is_needed_to_see_it_again() -> None:
    report = text(full())
    for words in (
        "ROW003 row differs (T49) ×37 on 2 routes",
        "routes    POST /orders, GET /orders/{id}",
        "where     orders.total",
        "legacy    10.00",
        "async     11.00",
        "request   curl -i 'http://localhost:8000/orders?notify=1'",
        "also      RES003 /total: 10.00 | 11.00",
        "again     compare run --only 'an order'",
        "more      compare explain ROW003",
        "help:",
    ):
        assert words in report


def test_the_label_of_a_known_trap_goes_before_the_catalogue_s() -> None:
    assert "RES003 body value differs (T17)" in text(verdict(Group((finding(label="T17"),), 1)))


def test_one_problem_seen_often_is_shown_once_where_no_groups_were_made() -> None:
    alike = (finding(), finding(), finding())
    assert "RES003 body value differs (T06) ×3" in text(verdict(findings=alike))


def test_hazards_are_a_line_each_and_information_a_number() -> None:
    report = text(full())
    assert "  RTM001 sync SQL on the event loop ×12; Order.lines" in report
    assert "Information: 1 kind" in report
    assert "SQL011" not in report


def test_verbose_tells_hazards_information_and_fields_in_full() -> None:
    report = text(full(), verbose=True)
    assert "RTM001 sync SQL on the event loop (T08) (hazard) ×12" in report
    assert "SQL011 same meaning in other words (information) ×3" in report
    assert "GET /orders/{id} 200 /total" in report
    assert "orders: id, total" in report


def test_hazards_that_count_are_told_in_full() -> None:
    subject = verdict(groups()[2], strict=True)
    assert subject.exit_code == 1
    assert "(hazard) ×12" in text(subject)
    assert text(subject).splitlines()[-1].startswith("Hazards count here (strict): 1 hazard")


def test_what_is_unstable_is_held_apart() -> None:
    report = text(full())
    assert "Unstable: differs when a side is compared with itself" in report
    assert "  RES003 /rank on POST /orders ×2" in report


def test_ignore_rules_stand_with_what_they_covered() -> None:
    assert "  ×3 RES002 header server: another server stands in front" in text(full())


def test_a_rule_that_must_not_stay_is_the_verdict() -> None:
    subject = verdict(ignored=(Ignored("/x", "old", 0),), broken_rules=("The ignore rule for /x covered nothing.",))
    assert "The ignore rule for /x covered nothing." in text(subject)
    assert text(subject).splitlines()[-1].startswith("No verdict: 1 ignore rule must not stay")


def test_coverage_is_always_printed() -> None:
    report = text(verdict())
    for words in (
        "routes    2 of 3 reached",
        "answers   93 of 2xx, 7 of 4xx",
        "fields    1 response field compared",
        "tables    1 of 2 written to, 2 columns compared",
        "sql       240 statements, 100 transactions",
        "commits   laid to requests by transaction id",
    ):
        assert words in report


def test_layers_say_by_what_means_they_were_seen_and_why_not() -> None:
    report = " ".join(text(verdict()).split())
    assert "response: wire" in report
    assert "statements: legacy probe, async not seen (the app was not seen to use SQLAlchemy)" in report


def test_what_stopped_a_run_sets_the_exit_code() -> None:
    subject = full(stopped="async died")
    assert subject.exit_code == 3
    assert text(subject).splitlines()[-1].startswith("Stopped before the end, 41 differences from 2 causes")
    assert "What async printed (last part):" in text(subject)


def test_no_colour_is_written_to_a_file() -> None:
    assert "\x1b" not in text(full())


def test_only_what_a_person_copies_is_wider_than_80_columns() -> None:
    wide = [line for line in text(full(), verbose=True).splitlines()[:-1] if len(line) > 80]
    assert [line for line in wide if not line.startswith("  request   curl")] == []


@pytest.mark.parametrize("control", ["\x1b[2J", "\x07", "\x9b1m"])
def test_a_body_cannot_steer_the_terminal(control: str) -> None:
    broken = finding(async_=f"a{control}b", exchange=exchange(total=f"9{control}"), note=control, where=f"/{control}")
    assert control not in text(verdict(Group((broken,), 1)))
