"""A request that changes the account of the login must not leave the rest of the traffic without one."""

from pathlib import Path

import pytest

from compare.config import load
from compare.postgres import Address
from compare.verdict import Verdict, choose_scenarios, run

APPS = """
import os
from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])

def made(first_password):
    app = FastAPI()

    @app.post("/login")
    def login(account: dict):
        with engine.connect() as connection:
            password = connection.execute(text("SELECT password FROM accounts")).scalar_one()
        if account["password"] not in (password, first_password):
            raise HTTPException(401, "wrong")
        return {"token": "let in"}

    def known(token: str = Header("")):
        if token != "let in":
            raise HTTPException(403, "who is it?")

    @app.put("/password", dependencies=[Depends(known)])
    def change(account: dict):
        with engine.begin() as connection:
            connection.execute(text("UPDATE accounts SET password = :password"), account)

    @app.post("/notes", dependencies=[Depends(known)])
    def note():
        with engine.begin() as connection:
            return connection.execute(text("INSERT INTO notes DEFAULT VALUES RETURNING id")).scalar_one()

    return app

good, forgiving = made(None), made("first")
"""
SETUP = "CREATE TABLE accounts (password text); INSERT INTO accounts VALUES ('first'); CREATE TABLE notes (id serial)"
CONFIG = """
sample = 0
scenarios = ["scenarios.yaml"]
[database]
url = "{url}"
setup = ["python setup.py"]
env = {{ DATABASE_URL = "{{url}}" }}
[login]
request = "POST /login"
json = {{ password = "{password}" }}
capture = {{ token = "/token" }}
headers = {{ token = "${{token}}" }}
[legacy]
app = "apps:good"
env = {{ DATABASE_URL = "{{sync_url}}" }}
[async]
app = "apps:{app}"
env = {{ DATABASE_URL = "{{sync_url}}" }}
"""
SCENARIOS = """
- {scenario: a note, steps: [POST /notes: {status: 200}]}
- {scenario: another password, steps: [PUT /password: {json: {password: second}, status: 200}]}
- {scenario: a note after it, steps: [POST /notes: {status: 200}, POST /notes: {status: 200}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Apps whose one account can be changed."""
    (tmp_path / "apps.py").write_text(APPS)
    (tmp_path / "scenarios.yaml").write_text(SCENARIOS)
    (tmp_path / "setup.py").write_text(
        "import os, psycopg2\nwith psycopg2.connect(os.environ['DATABASE_URL']) as connection:\n"
        f"    connection.cursor().execute({SETUP!r})\n"
    )
    return tmp_path


def _compared(folder: Path, embedded: Address, app: str = "good", password: str = "first") -> Verdict:  # noqa: S107 - of a test
    (folder / "compare.toml").write_text(CONFIG.format(url=embedded.url(), app=app, password=password))
    config = load(folder / "compare.toml")
    return run(config, choose_scenarios(config), lambda _event: None)


def test_both_databases_are_put_back_and_the_scenario_goes_on(folder: Path, embedded: Address) -> None:
    verdict = _compared(folder, embedded)
    assert verdict.exit_code == 0, verdict.findings
    answers = {route.route: dict(route.statuses) for route in verdict.routes}
    assert answers["POST /notes"] == {200: 3}
    assert answers["POST /login"] == {200: 3, 401: 1}
    assert any("put back once" in note for note in verdict.notes)


def test_one_side_that_still_lets_in_is_a_difference_and_told_once(folder: Path, embedded: Address) -> None:
    verdict = _compared(folder, embedded, app="forgiving")
    (group,) = [group for group in verdict.groups if group.severity == "difference"]
    assert (group.primary.code, group.primary.route) == ("ERR001", "POST /login")  # 401 and no error
    answers = {route.route: dict(route.statuses) for route in verdict.routes}
    assert answers["POST /notes"] == {200: 3}
