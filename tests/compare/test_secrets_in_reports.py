# ruff: noqa: S608 - statements to read, none to run
"""Secrets: planted in every place of a verdict, they are in none of the reports."""

import dataclasses
import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from compare.findings import Exchange, Finding, Group, Reply, Tick
from compare.report import TerminalReport, as_html, as_json, as_junit, without_secrets
from compare.report.secrets import HIDDEN, Secrets
from compare.verdict import Verdict
from compare.verdict.outcome import Ignored, Sight

from .verdicts import finding, full, verdict

SECRET = "hunter2-and-more"  # noqa: S105 - it must not turn up
NAMES = ("iban", "X-Device")


def terminal(subject: Verdict, names: tuple[str, ...] = ()) -> str:
    """What a person reads, with everything that there is."""
    stream = io.StringIO()
    TerminalReport(Console(file=stream, width=80, highlight=False), verbose=True, secrets=names).write(subject)
    return stream.getvalue()


REPORTS: tuple[Callable[[Verdict, tuple[str, ...]], str], ...] = (terminal, as_html, as_json, as_junit)

TEXTS = (
    f'{{"password": "{SECRET}"}}',
    f'{{"user":{{"api_key":"{SECRET}"}}',
    f'{{"access_token":"a \\" b {SECRET}',
    f'{{"tokens": ["one", "{SECRET}"]}}',
    f'{{"credentials": {{"name": "a", "key": {{"x": "{SECRET}"}}}}}}',
    f'{{"payload": "{{\\"password\\": \\"{SECRET}\\"}}"}}',
    f"{{'password': '{SECRET}', 'user': 'ada'}}",
    f'{{"iban": "{SECRET}"}}',
    f"user=ada&password={SECRET}&x=1",
    f"insert users id=5 password_hash=some words {SECRET} name=Ada",
    f"id=5, iban={SECRET}, name=Ada",
    f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x--',
    f"postgresql://ada:{SECRET}@db/shop",
    f"Authorization: Bearer {SECRET}",
    f"X-Device: {SECRET}",
    f"sent Bearer {SECRET} on",
    f"Key (email, token)=(a@b.c, {SECRET}) already exists.",
    f"Failing row contains (1, a@b.c, {SECRET}).",
    f"[parameters: ('a@b.c', '{SECRET}')]",
    f"[generated in 0.00012s] ('a@b.c', '{SECRET}')",
)
STATEMENTS = (
    f"UPDATE users SET password_hash = '{SECRET}' WHERE id = 5",
    f"INSERT INTO users (email, password_hash) VALUES ('a@b.c', '{SECRET}')",
    f"INSERT INTO users (email, password_hash) VALUES ($1, $2)  ['a@b.c', '{SECRET}']",
    f"SELECT users.id FROM users WHERE users.token = %(token_1)s  {{'token_1': '{SECRET}'}}",
    f"SELECT users.id FROM users WHERE users.iban = $1 -- ['{SECRET}']",
)
HEADERS = (
    ("authorization", f"Bearer {SECRET}"),
    ("Proxy-Authorization", SECRET),
    ("cookie", f"a=1; sid={SECRET}"),
    ("set-cookie", f"sid={SECRET}; Path=/; HttpOnly"),
    ("x-api-key", SECRET),
    ("X-Auth-Token", SECRET),
    ("x-device", SECRET),
    ("location", f"/welcome?token={SECRET}"),
)


def of(text: str) -> Verdict:
    """A verdict that holds the text in every place that is free text."""
    reply = Reply(200, (), text)
    lines = (Tick(0.1, "log", text), Tick(0.2, "statement", text))
    exchange = Exchange("POST", f"/x?{text}", (), text, reply, reply, (lines, lines), ((text,), (text,)))
    found = Finding("RES003", "/note", text, text, "POST /x", f"s {text}", f"1 {text}", exchange, text)
    logged = dataclasses.replace(found, code="ERR008", where=f"log {text}")
    return verdict(
        Group((found, logged), 2, ("POST /x",)),
        apps={"legacy": text, "async": text},
        stopped=text,
        outputs={"legacy": text, "async": text},
        unstable=(found,),
        ignored=(Ignored("/x", text, 1),),
        broken_rules=(text,),
        sights=(Sight("legacy", "rows", "", text),),
    )


def of_exchange(**parts: object) -> Verdict:
    """A verdict whose one finding has such an exchange."""
    blank = Exchange("GET", "/", (), "", Reply(200, (), ""), Reply(200, (), ""))
    whole = dataclasses.replace(blank, **parts)  # type: ignore[arg-type] # the caller names fields of Exchange
    return verdict(Group((finding("RES002", "header x", "1", "2", exchange=whole),), 1))


@pytest.mark.parametrize("text", TEXTS)
def test_no_report_tells_what_stands_under_a_secret_name(text: str) -> None:
    assert [report for report in REPORTS if SECRET in report(of(text), NAMES)] == []


@pytest.mark.parametrize("sql", STATEMENTS)
def test_no_report_tells_what_a_statement_was_given_for_a_secret_column(sql: str) -> None:
    line = (Tick(0.1, "statement", sql),)
    subject = of_exchange(ticks=(line, line))
    told = finding("SQL006", "writes", sql, sql, note=sql)
    subject = dataclasses.replace(subject, groups=(*subject.groups, Group((told,), 1)), outputs={"async": f"ran {sql}"})
    assert [report for report in REPORTS if SECRET in report(subject, NAMES)] == []


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_no_report_tells_a_header_that_proves_who_one_is(name: str, value: str) -> None:
    reply = Reply(200, ((name, value),), "")
    subject = of_exchange(headers=((name, value),), legacy=reply, async_=reply)
    reports = [report(subject, NAMES) for report in REPORTS]
    assert [report for report in reports if SECRET in report] == []
    assert HIDDEN in reports[0]


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("RES003", "/access_token"),
        ("RES003", "/credentials/value"),
        ("RES004", "/user/iban"),
        ("ROW003", "users.password_hash"),
        ("RES002", "header authorization"),
        ("RES002", "header x-device"),
        ("RES014", "cookie sid"),
        ("SQL005", "SELECT users.id FROM users WHERE users.token = ?, value 1"),
        ("SQL015", "UPDATE users SET password_hash = ? WHERE users.id = ?"),
    ],
)
def test_no_report_tells_a_value_from_a_secret_place(code: str, where: str) -> None:
    subject = verdict(Group((finding(code, where, SECRET, f"{SECRET}!", exchange=None),), 1))
    reports = [report(subject, NAMES) for report in REPORTS]
    assert [report for report in reports if SECRET in report] == []


def test_a_value_that_was_met_under_a_secret_name_is_hidden_wherever_it_turns_up() -> None:
    line = (Tick(0.1, "statement", f"SELECT 1 FROM sessions WHERE sessions.sid = $1  ['{SECRET}']"),)
    subject = of_exchange(
        headers=(("authorization", f"Bearer {SECRET}"),),
        target=f"/reset/{SECRET}",
        body=f'{{"echo": "{SECRET}"}}',
        ticks=(line, line),
    )
    subject = dataclasses.replace(subject, outputs={"async": f"checked {SECRET}"}, stopped=f"died on {SECRET}")
    assert [report for report in REPORTS if SECRET in report(subject, ())] == []


def test_what_is_no_secret_stays() -> None:
    body = json.dumps({"total": "10.00", "key": "A-1", "description": "a pass for the bus", "password": SECRET})
    (group,) = without_secrets(of_exchange(body=body, target="/items?page=2")).groups
    exchange = group.primary.exchange
    assert exchange is not None
    assert json.loads(exchange.body) == {**json.loads(body), "password": HIDDEN}
    assert exchange.target == "/items?page=2"


def test_a_verdict_without_secrets_is_the_same_verdict() -> None:
    clean = without_secrets(full())
    assert without_secrets(clean) == clean
    assert clean.exit_code == full().exit_code
    assert [group.primary.legacy for group in clean.groups] == [group.primary.legacy for group in full().groups]


def test_a_cookie_that_is_set_keeps_its_name_and_attributes() -> None:
    assert Secrets().header("Set-Cookie", f"sid={SECRET}; Path=/; HttpOnly") == f"sid={HIDDEN}; Path=/; HttpOnly"


def test_a_select_that_only_reads_a_secret_column_keeps_its_values() -> None:
    sql = "SELECT users.id, users.password_hash FROM users WHERE users.id = $1  [5]"
    assert Secrets().sql(sql) == sql
