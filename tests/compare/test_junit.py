"""The JUnit report: a case for each route on each layer."""

from xml.etree import ElementTree as ET

from compare.findings import Group
from compare.report import as_junit
from compare.verdict import Verdict

from .verdicts import ORDER, READ, exchange, finding, full, groups, verdict


def suite(subject: Verdict) -> ET.Element:
    """The one suite of a report."""
    found = ET.fromstring(as_junit(subject)).find("testsuite")  # noqa: S314 - our own report
    assert found is not None
    return found


def case(subject: Verdict, layer: str, name: str) -> ET.Element:
    """One case."""
    return next(
        one
        for one in suite(subject).iter("testcase")
        if (one.get("classname"), one.get("name")) == (f"compare.{layer}", name)
    )


def test_the_suite_counts_its_cases() -> None:
    found = suite(full())
    cases = list(found.iter("testcase"))
    assert found.get("tests") == str(len(cases)) == str(1 + 2 * 6 + 1)
    assert found.get("failures") == str(sum(one.find("failure") is not None for one in cases)) == "3"


def test_a_cause_fails_its_layer_on_every_route_where_it_was_seen() -> None:
    for route in (ORDER, READ):
        failure = case(full(), "rows", route).find("failure")
        assert failure is not None
        assert failure.get("message") == "ROW003 row differs"
        assert "curl -i" in (failure.text or "")
    assert case(full(), "response", ORDER).find("failure") is None


def test_several_causes_of_one_case_are_one_failure() -> None:
    both = verdict(Group((finding(),), 1, (ORDER,)), Group((finding("RES001", "status", "200", "500"),), 1, (ORDER,)))
    failure = case(both, "response", ORDER).findall("failure")
    assert [one.get("message") for one in failure] == ["RES003 body value differs (and 1 more cause)"]
    assert "RES001 status differs" in (failure[0].text or "")


def test_a_hazard_fails_only_where_hazards_count() -> None:
    hazard = groups()[2]
    assert case(verdict(hazard), "runtime", READ).find("failure") is None
    assert case(verdict(hazard, strict=True), "runtime", READ).find("failure") is not None


def test_what_stands_behind_no_route_has_a_case_of_its_own() -> None:
    table = Group((finding("ROW001", "orders", route=None, exchange=None),), 1)
    assert case(verdict(table), "rows", "orders").find("failure") is not None


def test_a_layer_that_was_not_seen_and_a_route_that_was_not_sent_are_skipped() -> None:
    unseen = case(verdict(), "statements", ORDER).find("skipped")
    assert unseen is not None
    assert unseen.get("message") == "not seen: the app was not seen to use SQLAlchemy"
    assert case(verdict(), "response", "DELETE /orders/{id}").find("skipped") is not None


def test_a_run_that_stopped_is_an_error() -> None:
    error = case(verdict(stopped="async died"), "run", "the run is complete").find("error")
    assert error is not None
    assert error.text == "async died"


def test_characters_that_xml_forbids_do_not_break_the_file() -> None:
    broken = finding(async_="a\x00b\x1b\ufffe", exchange=exchange(target="/\x01"))
    assert "a␀b␛" in ET.tostring(suite(verdict(Group((broken,), 1, (ORDER,)))), encoding="unicode")
