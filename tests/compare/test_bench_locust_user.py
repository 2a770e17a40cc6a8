"""The simulated user of a Locust worker: cookies, redirects, waiting, and log-ins that end, on an app of this test."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from compare.subjects import Subject

from .lamps import served

APP = """
    import json
    from itertools import count

    sessions, tickets, looks, asked = {}, count(1), {}, {}

    def answer(method, path, cookies):
        if path == "/seen":
            return 200, [], json.dumps(asked)
        if path == "/openapi.json":
            return 404, [], ""
        name = f"{method} {path.split('/')[1]}"
        asked[name] = asked.get(name, 0) + 1
        if path == "/login":
            if method == "POST":
                session = str(next(tickets))
                sessions[session] = 3
                cookie = f"session={session}; Path=/; Secure; HttpOnly"
                return 303, [(b"location", b"/welcome"), (b"set-cookie", cookie.encode())], ""
        session = cookies.partition("session=")[2].partition(";")[0]
        if not sessions.get(session):
            return 401, [], ""
        if path == "/welcome":
            return 200, [], json.dumps({"job": session})
        if path.startswith("/jobs/"):
            looks[path] = looks.get(path, 0) + 1
            return (200 if looks[path] > 2 else 202), [], "{}"
        if path == "/orders":
            sessions[session] -= 1
            return 200, [], "{}"
        return 404, [], ""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode()
        status, headers, body = answer(scope["method"], scope["path"], cookies)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})
"""
BEFORE = [
    ("POST /login", {"POST /login": {"form": {"name": "ada"}, "capture": {"job": "/job"}, "status": 200,
                                     "follow_redirects": True}}),
    ("GET /jobs/{id}", {"GET /jobs/${job}": {"until": 200, "status": 200}}),
]  # fmt: skip
ORDERS = ("GET /orders", {"GET /orders": {"status": 200}})
FILE = """\
from locust import constant

from compare.bench.locust.user import Traffic

class Client(Traffic):
    wait_time = constant(0.05)
    samples = {samples!r}
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Subject]:
    """It lets a session be asked for orders three times."""
    with served(tmp_path, APP) as subject:
        yield subject


def sent(folder: Path, host: str, *samples: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], str]:
    """One user for two seconds: Locust's table by name, and what it printed beside."""
    (folder / "client.py").write_text(FILE.format(samples=samples), encoding="utf-8")
    command = [sys.executable, "-m", "locust", "-f", "client.py", "--headless", "--json", "--host", host, "-u", "1"]
    command += ["-t", "2s", "--stop-timeout", "5"]
    done = subprocess.run(  # noqa: S603 - of this test's own
        command, capture_output=True, text=True, check=False, timeout=60, cwd=folder
    )
    return {row["name"]: row for row in json.loads(done.stdout)}, done.stderr


def sample(before: list[Any], *repeated: Any, weight: float = 1) -> dict[str, Any]:  # noqa: ANN401 - literals
    """One, as the file has it."""
    return {"route": "", "weight": weight, "variables": {}, "before": before, "repeated": list(repeated)}


def test_a_user_logs_in_once_and_anew_when_that_is_over(app: Subject, tmp_path: Path) -> None:
    table, _ = sent(tmp_path, app.base_url + "/", sample(BEFORE, ORDERS))
    asked = httpx.get(f"{app.base_url}/seen", trust_env=False).json()
    logins, orders = table["POST /login"]["num_requests"], table["GET /orders"]
    assert asked == {
        "POST login": logins,
        "GET welcome": logins,
        "GET jobs": table["GET /jobs/{id}"]["num_requests"],
        "GET orders": orders["num_requests"],
    }
    assert logins > 1
    assert orders["num_failures"] in {logins - 1, logins}  # each log-in lets three through, and the fourth is refused
    assert orders["num_requests"] - orders["num_failures"] <= 3 * logins
    assert {name for name, row in table.items() if row["num_failures"]} == {"GET /orders"}


def test_redirects_are_followed_with_the_cookies_that_they_set(app: Subject, tmp_path: Path) -> None:
    table, _ = sent(tmp_path, app.base_url, sample(BEFORE[:1], ("nothing", {"GET /nothing": {"status": 404}})))
    assert table["POST /login (redirected)"]["num_requests"] == table["POST /login"]["num_requests"] == 1
    assert table["nothing"]["num_requests"] > 3
    assert not any(row["num_failures"] for row in table.values())


def test_a_step_that_waits_is_sent_until_its_status_comes(app: Subject, tmp_path: Path) -> None:
    table, _ = sent(tmp_path, app.base_url, sample(BEFORE, ("nothing", {"GET /nothing": {"status": 404}})))
    assert table["GET /jobs/{id}"]["num_requests"] == 3
    assert table["GET /jobs/{id}"]["num_failures"] == 0


def test_waiting_ends_in_a_failure_when_its_time_is_over(app: Subject, tmp_path: Path) -> None:
    never = ("never", {"GET /never": {"until": 200, "within": 0.2, "status": 200}})
    table, said = sent(tmp_path, app.base_url, sample(BEFORE[:1], never))
    assert 1 <= table["never"]["num_failures"] < table["never"]["num_requests"]
    assert "answered 404, in the rehearsal 200" in said


def test_a_user_without_a_cookie_of_its_own_is_nobody(app: Subject, tmp_path: Path) -> None:
    """Cookies belong to one sample, as in the rehearsal to one scenario."""
    table, _ = sent(tmp_path, app.base_url, sample(BEFORE, ORDERS), sample([], ("nobody", {"GET /x": {"status": 401}})))
    assert table["nobody"]["num_requests"] > 1
    assert table["nobody"]["num_failures"] == 0


def test_a_request_whose_value_no_answer_gave_counts_as_failed(app: Subject, tmp_path: Path) -> None:
    gone = ("gone", {"GET /nothing": {"status": 404, "capture": {"order": "/id"}}})
    table, said = sent(
        tmp_path, app.base_url, sample(BEFORE[:1], gone, ("order", {"GET /o/${order}": {"status": 200}}))
    )
    assert table["order"]["num_failures"] == table["order"]["num_requests"] > 1
    assert "not sent: no answer before it gave ${order}" in said


def test_a_request_that_could_not_be_sent_in_the_rehearsal_is_left_out(app: Subject, tmp_path: Path) -> None:
    gone = ("gone", {"GET /nothing": {"status": 404, "capture": {"order": "/id"}}})
    table, _ = sent(tmp_path, app.base_url, sample(BEFORE[:1], gone, ("order", {"GET /o/${order}": {}}), gone))
    assert "order" not in table
    assert not any(row["num_failures"] for row in table.values())


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with served(tmp_path, APP) as subject:
        host = subject.base_url
    table, said = sent(tmp_path, host, sample([], ORDERS))
    assert table["GET /orders"]["num_failures"] == table["GET /orders"]["num_requests"] > 1
    assert "ConnectionRefusedError" in said
