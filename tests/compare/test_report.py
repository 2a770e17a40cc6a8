"""Reports: what a person and a program read, and that no secret is in it."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

import compare
from compare.findings import CATALOGUE, Exchange, Finding, Reply
from compare.report import SCHEMA, TerminalReport, as_json
from compare.verdict import RouteResult, TableResult, Verdict

CODE = re.compile(r'"((?:RES|ERR|ROW|SQL|TXN|RTM|RUN)\d{3})"')
SECRET = "hunter2-and-more"  # noqa: S105 - it must not turn up
EXCHANGE = Exchange(
    "POST",
    "/login?api_key=" + SECRET,
    (("content-type", "application/json"), ("authorization", "Bearer " + SECRET), ("cookie", "sid=" + SECRET)),
    json.dumps({"email": "a@b.c", "password": SECRET}),
    Reply(200, (("set-cookie", f"sid={SECRET}; Path=/"),), json.dumps({"access_token": SECRET, "total": "10.00"})),
    Reply(200, (), json.dumps({"access_token": SECRET, "total": "11.00"})),
)
FINDING = Finding("RES003", "/total", "10.00", "11.00", "POST /login", "log in", "1. POST /login", EXCHANGE)


def verdict(*findings: Finding, stopped: str | None = None) -> Verdict:
    """A run over two routes of three."""
    return Verdict(
        apps={"legacy": "shop.sync:app", "async": "shop.aio:app"},
        routes=(RouteResult("GET /a", 3, ((200, 2), (404, 1)), 0), RouteResult("POST /login", 1, ((200, 1),), 1)),
        unexercised=("GET /never",),
        total_routes=3,
        tables=(TableResult("orders", 3, 3),),
        findings=findings,
        requests=4,
        seconds=1.23,
        stopped=stopped,
    )


def text(subject: Verdict) -> str:
    """The report as it stands in a file."""
    stream = io.StringIO()
    TerminalReport(Console(file=stream, width=80, highlight=False)).write(subject)
    return stream.getvalue()


def test_every_code_in_the_source_is_in_the_catalogue_and_the_other_way_round() -> None:
    folder = Path(compare.__file__).parent
    sources = [path for path in folder.rglob("*.py") if path.parent.name != "catalogue"]
    used = {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}
    unbuilt = set(CATALOGUE) - used
    assert used <= set(CATALOGUE)
    # Layers whose words are there before their checks; each entry goes as its check comes.
    assert {
        code for code in unbuilt if not re.match(r"ERR|SQL|TXN|RTM|ROW0(?:0[89]|1)|RES01[89]|RUN00[34]", code)
    } == set()


def test_every_entry_of_the_catalogue_says_why_and_what_to_do() -> None:
    assert [code for code, entry in CATALOGUE.items() if not (entry.title and entry.why and entry.fix)] == []


def test_the_last_line_is_the_verdict() -> None:
    assert text(verdict()).splitlines()[-1] == "The same: 4 requests over 2 routes, 1 table, 1.2 s."
    assert text(verdict(FINDING)).replace("\n", " ").rstrip().endswith(
        "Differs: 1 difference on 1 route (4 requests over 2 routes, 1 table, 1.2 s)."
    )  # fmt: skip


def test_routes_that_were_never_sent_are_named() -> None:
    assert "Never sent: 1 of 3 routes" in text(verdict())
    assert "GET /never" in text(verdict())


def test_a_difference_comes_with_all_that_is_needed_to_see_it_again() -> None:
    report = text(verdict(FINDING))
    for words in (
        "RES003 body value differs",
        "/total",
        "10.00",
        "11.00",
        "curl",
        "compare run --only 'log in'",
        "help:",
    ):
        assert words in report


def test_one_problem_seen_often_is_shown_once() -> None:
    report = text(verdict(FINDING, FINDING, FINDING))
    assert "RES003 body value differs (3 times)" in report
    assert "Differs: 1 difference" in report


@pytest.mark.parametrize("rendered", [text, as_json])
def test_secrets_are_kept_out(rendered: "type[str]") -> None:
    report = rendered(verdict(FINDING))
    assert "***" in report
    assert SECRET not in report


def test_no_colour_is_written_to_a_file() -> None:
    assert "\x1b" not in text(verdict(FINDING))


def test_json_holds_the_whole_verdict() -> None:
    document = json.loads(as_json(verdict(FINDING)))
    assert document["schema"] == SCHEMA
    assert document["exit_code"] == 1
    assert document["coverage"] == {"routes": 3, "never_sent": ["GET /never"]}
    assert document["findings"][0]["exchange"]["legacy"]["status"] == 200


def test_what_stopped_a_run_sets_the_exit_code() -> None:
    assert verdict(FINDING, stopped="async died").exit_code == 3
    assert "Stopped before the end" in text(verdict(stopped="async died"))
