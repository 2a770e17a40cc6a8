"""What the plug-in promises: tests do not see each other, both sides start alike, and it says what is wrong."""

from pathlib import Path

import httpx
import pytest

from compare.pytest_kit import Kit
from compare.pytest_plugin import Database, only_on
from tests.shared.test_customers import NEW

pytest_plugins = ["pytester"]

# Tables that tests write to, and how many rows the template has.
SEEDED = {"audit_entries": 0, "customers": 12, "items": 30, "login_tokens": 0, "orders": 40, "transfers": 0}

INI = """
    [pytest]
    asyncio_default_fixture_loop_scope = function
    addopts = -p no:randomly
"""
SIDES = """
    import pytest
    from compare.pytest_plugin import only_on

    def test_both(side):
        assert side in {"legacy", "async"}

    @only_on("async", reason="threads cannot be cancelled")
    def test_one(side):
        assert side == "async"

    def test_without_a_side():
        pass
"""
DARK = """
    [database]
    url = "%s"

    [legacy]
    app = "lamp:make"

    [async]
    app = "lamp:make"
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A suite of its own, to be filled with tests."""
    pytester.makeini(INI)
    return pytester


async def counts(database: Database) -> dict[str, object]:
    """How many rows there are now."""
    columns = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in SEEDED)  # noqa: S608 - our constants
    (row,) = await database.fetch(f"SELECT {columns}")
    return row


@pytest.mark.in_process
@pytest.mark.parametrize("turn", ["one", "another"])
async def test_what_the_app_commits_is_rolled_back_after_the_test(
    client: httpx.AsyncClient, database: Database, turn: str
) -> None:
    """Whichever turn comes second would see what the first has left."""
    assert await counts(database) == SEEDED, turn
    response = await client.post("/customers", json=NEW)
    assert response.status_code == 201
    assert (await client.post("/customers", json=NEW)).status_code == 409
    assert (await counts(database))["customers"] == 13


@pytest.mark.in_process
async def test_what_a_request_leaves_uncommitted_is_gone_for_the_next(
    ada: httpx.AsyncClient, database: Database
) -> None:
    before = await counts(database)
    response = await ada.post("/orders", json={"lines": [{"sku": "NOWHERE", "quantity": 1}]})
    assert response.status_code == 422
    assert (await ada.get("/accounts")).status_code == 200
    assert await counts(database) == before


@pytest.mark.parametrize("turn", ["one", "another"])
async def test_a_served_side_begins_with_the_templates_rows_and_ids(
    client: httpx.AsyncClient, database: Database, turn: str
) -> None:
    """The ids are spelled out: they are the same on both sides, and in both turns."""
    assert await counts(database) == SEEDED, turn
    assert (await client.post("/customers", json=NEW)).status_code == 201
    assert (await client.post("/customers", json=NEW)).status_code == 409  # burns an id
    (row,) = await database.fetch(
        "SELECT (SELECT max(id) FROM customers) AS customer, (SELECT max(id) FROM accounts) AS account,"
        " (SELECT max(id) FROM audit_entries) AS entry, (SELECT last_value FROM customers_id_seq) AS last"
    )
    assert row == {"customer": 13, "account": 15, "entry": 2, "last": 14}


@pytest.mark.in_process(isolation="clone")
@pytest.mark.parametrize("turn", ["one", "another"])
async def test_a_clone_is_made_anew_for_each_test(client: httpx.AsyncClient, database: Database, turn: str) -> None:
    assert await counts(database) == SEEDED, turn
    assert (await client.post("/customers", json=NEW)).status_code == 201
    assert await database.fetch("SELECT max(id) AS id FROM customers") == [{"id": 13}]


@only_on("async", reason="the other side is skipped")
def test_a_test_of_one_side_runs_on_that_side_only(side: str) -> None:
    assert side == "async"


def test_a_skipped_side_is_told_with_its_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(SIDES)
    result = suite.runpytest_inprocess("-rs")
    result.assert_outcomes(passed=4, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * only on async: threads cannot be cancelled"])


@pytest.mark.parametrize(("chosen", "passed", "skipped"), [("legacy", 2, 1), ("async", 3, 0)])
def test_one_side_can_be_run_without_the_other(suite: pytest.Pytester, chosen: str, passed: int, skipped: int) -> None:
    suite.makepyfile(SIDES)
    result = suite.runpytest_inprocess("--side", chosen)
    result.assert_outcomes(passed=passed, skipped=skipped, deselected=2)


@pytest.mark.parametrize("option", [(), ("--compare-config", "nowhere.toml")], ids=["none", "a wrong one"])
def test_a_suite_without_a_configuration_is_told_what_to_write(suite: pytest.Pytester, option: tuple[str, ...]) -> None:
    suite.makepyfile("def test_first(client): pass\ndef test_second(client): pass")
    result = suite.runpytest_inprocess(*option)
    assert result.ret == 2
    (message,) = [line for line in result.outlines + result.errlines if "no configuration" in line]
    assert ("nowhere.toml" in message) is bool(option)
    assert "Traceback" not in result.stdout.str()


def test_a_suite_that_uses_no_fixture_of_the_plug_in_needs_no_configuration(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(): pass")
    suite.runpytest_inprocess().assert_outcomes(passed=1)


def test_an_app_that_does_not_start_ends_the_session_with_one_message(
    suite: pytest.Pytester, compare_kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with compare_kit.server.clone("outer") as outer:
        maintenance = outer.address.on("postgres")
        before = outer.fetch("SELECT datname FROM pg_database ORDER BY 1")
        monkeypatch.setenv("THIS_TEST", str(suite.path))
        suite.makefile(".toml", compare=DARK % maintenance.url())
        suite.makepyfile(
            lamp="def make(): raise RuntimeError('no oil')",
            test_lamp="def test_first(client): pass\ndef test_second(client): pass",
        )
        result = suite.runpytest_subprocess()
        after = outer.fetch("SELECT datname FROM pg_database ORDER BY 1")
    assert result.ret == 3
    output = result.stdout.str() + result.stderr.str()
    assert output.count("The legacy app lamp:make cannot be made: its factory failed.") == 1
    assert "no oil" in output
    assert "Traceback" not in output
    assert "test_second" not in output
    assert after == before
    assert started_from(suite.path) == []


def started_from(folder: Path) -> list[str]:
    """The processes that have inherited our mark in their environment."""
    mark = f"THIS_TEST={folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in entry.read_bytes().split(b"\0"):
                found.append(entry.with_name("cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
