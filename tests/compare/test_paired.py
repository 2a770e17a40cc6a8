"""`pytest --paired`: a small suite of its own against the pair, with and without a planted defect."""

from pathlib import Path

import pytest

from compare.postgres import Address

pytest_plugins = ["pytester"]

PAIR = Path(__file__).parent / "pair"
CONFIG = f"""
prevent = {{prevent}}

[database]
url = "{{url}}"
setup = ["python {PAIR / "setup.py"}"]
env = {{{{ DATABASE_URL = "{{{{url}}}}" }}}}

[legacy]
app = "pair.legacy:app"
directory = "{PAIR.parent}"
env = {{{{ DATABASE_URL = "{{{{sync_url}}}}" }}}}

[async]
app = "pair.aio:app"
directory = "{PAIR.parent}"
env = {{{{ DATABASE_URL = "{{{{url}}}}" }}}}
"""
INI = """
    [pytest]
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = function
"""
# Every assertion holds on a side with any of the planted defects: what fails is the comparison.
EASY = """
    async def test_the_book(client):
        made = await client.post("/entries", json={"keeper": 1, "visibility_km": "3.5", "remark": "haze"})
        assert made.is_success
        assert (await client.get("/entries/6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01")).status_code == 200
        assert (await client.get("/entries")).status_code == 200
        assert (await client.put("/watches/2", json={"keeper": 2})).status_code == 200
"""
OWN_IDS = """
    import asyncio

    NEW = {"keeper": 1, "visibility_km": "3.5", "remark": "haze"}

    async def test_an_id_of_an_answer_reaches_each_sides_own_row(client):
        made = await client.post("/entries", json=NEW)
        assert (await client.get(made.headers["Location"])).json() == made.json()
        assert (await client.delete(f"/entries/{made.json()['id']}")).status_code == 204

    async def test_an_id_read_from_the_database_does_too(client, database):
        await client.post("/entries", json=NEW)
        (row,) = await database.fetch("SELECT public_id::text AS id FROM entries ORDER BY entries.id DESC LIMIT 1")
        assert (await client.get(f"/entries/{row['id']}")).status_code == 200
        await database.execute("UPDATE entries SET remark = 'gone' WHERE public_id = %(id)s", id=row["id"])
        assert (await client.get(f"/entries/{row['id']}")).json()["remark"] == "gone"

    async def test_requests_at_once_all_come_back(client):
        answers = await asyncio.gather(*(client.post("/entries", json=NEW) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len((await client.get("/entries")).json()["entries"]) == 6
"""
ALONE = """
    import pytest
    from compare.pytest_plugin import only_on

    async def test_that_starts_a_server(start):
        raise AssertionError

    @pytest.mark.in_process
    async def test_that_counts(statements):
        raise AssertionError

    @pytest.mark.in_process
    async def test_that_patches(client, monkeypatch):
        raise AssertionError

    async def test_that_looks_inside(running):
        raise AssertionError

    @only_on("async", reason="threads cannot be cancelled")
    async def test_of_one_side(client):
        raise AssertionError

    async def test_with_a_connection_of_its_own(database):
        print(database.address)

    def test_without_a_side():
        pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, embedded: Address, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite whose two sides are the pair, without a defect."""
    pytester.makeini(INI)
    configure(pytester, embedded)
    monkeypatch.setenv("PAIR_BUG", "")
    return pytester


def configure(suite: pytest.Pytester, address: Address, *, prevent: bool = True) -> None:
    (suite.path / "compare.toml").write_text(
        CONFIG.format(url=address.url(), prevent=str(prevent).lower()), encoding="utf-8"
    )


def paired(suite: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    suite.makepyfile(code)
    return suite.runpytest_subprocess("--paired", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments)


def test_sides_that_are_the_same_pass_once_as_paired(suite: pytest.Pytester) -> None:
    result = paired(suite, EASY, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_the_book[[]paired[]] PASSED*", "4 requests of 1 tests went to both sides*"])


@pytest.mark.parametrize(
    ("bug", "code"),
    [
        ("commit", "ROW008"),
        ("header", "RES002"),
        ("zone", "RES015"),
    ],
)
def test_a_difference_fails_a_test_whose_own_assertions_hold(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, bug: str, code: str
) -> None:
    monkeypatch.setenv("PAIR_BUG", bug)
    result = paired(suite, EASY)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The sides differ, 1 cause in 4 requests of this test:",
            f"{code} *",
            "  where *",
            "  legacy *",
            "  async *",
            "  request   curl *",
            f"  more      compare explain {code}",
        ]
    )
    assert "Error" not in result.stdout.str()


def test_values_that_each_side_made_itself_are_carried_over(suite: pytest.Pytester, embedded: Address) -> None:
    """Nothing is prevented here: the uuids of the sides have nothing in common."""
    configure(suite, embedded, prevent=False)
    paired(suite, OWN_IDS).assert_outcomes(passed=3)


def test_what_cannot_be_about_both_sides_is_skipped_with_its_reason(suite: pytest.Pytester) -> None:
    result = paired(suite, ALONE, "-rs")
    result.assert_outcomes(passed=1, skipped=6)
    for reason in (
        "it starts a server of its own",
        "it counts the statements of one side",
        "it patches the app, which is not in this process",
        "it reaches for the process or the app of one side",
        "only on async: threads cannot be cancelled",
        "the test opens a connection of its own, which would reach one side only",
    ):
        result.stdout.fnmatch_lines([f"SKIPPED * --paired: {reason}"])


def test_one_side_cannot_be_chosen_of_two_at_once(suite: pytest.Pytester) -> None:
    result = paired(suite, EASY, "--side", "async")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --paired runs tests on both sides at once: leave out --side"])
