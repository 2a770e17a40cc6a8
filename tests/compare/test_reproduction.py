"""A scenario written out: the pytest file passes on legacy and fails on the side that differs, the script runs."""

import dataclasses
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from compare.findings import Finding, Reply
from compare.report.pytest_file import pytest_file
from compare.report.reproduction import Reproduction
from compare.report.shell_script import shell_script
from compare.traffic import Capture, Scenario, Values
from compare.traffic import Request as Step

SECRET = "hunter2-and-more"  # noqa: S105 - it must not turn up
PATH = Path("openapi.json")
Test = Callable[[httpx.AsyncClient], Awaitable[None]]


def shop(*, quantity: int = 2, etag: str = "v1", extra: dict[str, object] | None = None) -> FastAPI:
    """An app that takes orders; the arguments are its defects."""
    app = FastAPI()

    @app.post("/login")
    async def login(request: Request) -> dict[str, str]:
        return {"token": f"Token0{len(await request.body())}abcdefgh1234"}

    @app.post("/orders", status_code=201)
    async def order(request: Request) -> dict[str, object]:
        assert request.headers["authorization"].startswith("Bearer Token0")
        return {"id": 41, "lines": (await request.json())["lines"]}

    @app.get("/orders/{order_id}")
    def read(order_id: int, response: Response, q: str = "") -> dict[str, object]:
        response.headers["etag"] = etag
        made = "2026-11-25T10:00:00Z"
        return {"id": order_id, "quantity": quantity, "q": q, "made": made, "paid": None, **(extra or {})}

    return app


STEPS = (
    Step(1, "POST", "/login", body_kind="json", body={"user": "ada", "password": SECRET}, prelude="login",
         captures=(Capture("token", "/token"),)),
    Step(2, "POST", "/orders", headers=(("Authorization", "Bearer ${token}"),), body_kind="json",
         body={"lines": [{"sku": 'it\'s "{x}" $HOME', "n": None}]}, captures=(Capture("order_id", "/id"),)),
    Step(3, "GET", "/orders/${order_id}", query=(("q", "no ${order_id}"),)),
    Step(4, "GET", "/orders/${gone}"),
)  # fmt: skip
SCENARIO = Scenario("openapi POST /orders 'and' more", PATH, STEPS, origin="generated")


def client(app: FastAPI) -> httpx.AsyncClient:
    """A client in the place of the plug-in's."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://side")


@pytest.fixture
async def played() -> Reproduction:
    """The scenario as legacy answered it; its last step could not be sent."""
    replies: list[Reply | None] = []
    taken: list[Values] = []
    values: Values = {}
    async with client(shop()) as legacy:
        for step in STEPS[:3]:
            wire = step.render(values)
            answer = await legacy.request(wire.method, wire.target, headers=list(wire.headers), content=wire.content)
            replies.append(Reply(answer.status_code, tuple(answer.headers.items()), answer.text))
            taken.append({capture.name: answer.json()[capture.source[1:]] for capture in step.captures})
            values |= taken[-1]
    finding = Finding("RES003", "/quantity", "2", "3", "GET /orders/{order_id}")
    return Reproduction(SCENARIO, [*replies, None], [*taken, {}], finding)


def test_of(source: str) -> Test:
    """The one test of a written file."""
    module: dict[str, Any] = {}
    exec(compile(source, "written.py", "exec"), module)  # noqa: S102 - running it is what the test is about
    (test,) = (value for name, value in module.items() if name.startswith("test_"))
    found: Test = test
    return found


test_of.__test__ = False  # type: ignore[attr-defined]  # its name reads like a test's


async def test_the_written_test_passes_on_legacy_and_fails_where_a_side_differs(
    played: Reproduction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_PASSWORD", "any")
    test = test_of(pytest_file(played))
    async with client(shop()) as legacy:
        await test(legacy)
    for other in (shop(quantity=3), shop(extra={"more": 1})):
        async with client(other) as differing:
            with pytest.raises(AssertionError):
                await test(differing)


async def test_a_header_that_differs_is_asserted(played: Reproduction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_PASSWORD", "any")
    finding = Finding("RES002", "header etag", "v1", "v2", "GET /orders/{order_id}")
    test = test_of(pytest_file(Reproduction(SCENARIO, played.replies, played.taken, finding)))
    async with client(shop()) as legacy:
        await test(legacy)
    async with client(shop(etag="v2")) as differing:
        with pytest.raises(AssertionError):
            await test(differing)


def test_ids_tokens_and_moments_are_no_expectations(played: Reproduction) -> None:
    source = pytest_file(played)
    assert "2026-11-25" not in source
    assert "41" not in source
    assert "Token0" not in source
    assert "assert body['quantity'] == 2" in source
    assert "assert body['paid'] is None" in source
    assert "assert body['id'] == order_id" in source
    assert "# not sent" in source
    assert "RES003" in source


def test_what_an_answer_lacked_is_not_taken_from_it(
    played: Reproduction, run: Callable[[str], list[list[str]]]
) -> None:
    made, refused = STEPS[1], dataclasses.replace(STEPS[1], number=3)
    steps = (STEPS[0], made, refused, STEPS[2])
    replies = [played.replies[0], played.replies[1], Reply(404, (), '{"detail":"no such sku"}'), played.replies[2]]
    taken = [played.taken[0], played.taken[1], {}, {}]
    reproduction = Reproduction(Scenario("look", PATH, steps, origin="generated"), replies, taken)
    assert pytest_file(reproduction).count("order_id = ") == 1
    assert any("http://side/orders/41?q=no+41" in words for words in run(shell_script(reproduction)))


@pytest.mark.parametrize("written", [pytest_file, shell_script])
def test_secrets_are_kept_out_of_what_is_written(played: Reproduction, written: Callable[[Reproduction], str]) -> None:
    steps = tuple(
        Step(step.number, step.method, f"{step.target}?api_key={SECRET}", headers=(("X-Api-Key", SECRET),),
             cookies=(("sid", SECRET),), body_kind=step.body_kind, body=step.body)
        for step in STEPS[:3]
    )  # fmt: skip
    scenario = Scenario("look", PATH, steps, variables=(("password", SECRET),))
    text = written(Reproduction(scenario, played.replies[:3], played.taken[:3]))
    assert SECRET not in text
    assert "SECRET_X_API_KEY" in text
    compile(text, "written.py", "exec") if written is pytest_file else None


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], list[list[str]]]:
    """Run a script with a curl that only tells its words; per call the words."""
    fake = tmp_path / "curl"
    fake.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\necho ---\n')
    fake.chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "SECRET_PASSWORD": "any",
        "HOST": "http://side",
        "TMPDIR": str(tmp_path),
    }

    def running(script: str) -> list[list[str]]:
        done = subprocess.run(  # noqa: S603 - the script is what the test is about
            ["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env=env
        )
        return [call.splitlines() for call in done.stdout.split("---\n")][:-1]

    return running


def test_the_script_sends_every_step_with_the_values_that_legacy_gave(
    played: Reproduction, run: Callable[[str], list[list[str]]]
) -> None:
    script = shell_script(played)
    sent = run(script)
    assert len(sent) == 3
    assert json.loads(sent[0][-1]) == {"user": "ada", "password": "any"}
    assert json.loads(sent[1][-1]) == STEPS[1].body
    assert "authorization: Bearer ***" in sent[1]  # the token is one; whoever runs it puts in the app's own
    assert "http://side/orders/41?q=no+41" in sent[2]
    assert "put in /id of your app's answer" in script
    assert "(not sent)" in script


def test_numbers_files_forms_and_bytes_are_written_as_they_are_sent(run: Callable[[str], list[list[str]]]) -> None:
    steps = (
        Step(1, "POST", "/a", body_kind="json", body={"n": "${n}", "t": "${t}", "both": "${n}-${t}"}),
        Step(2, "POST", "/a", body_kind="form", body={"a": ["1", "${t}"]}),
        Step(3, "POST", "/a", body_kind="content", body="base64:AAE="),
        Step(
            4, "POST", "/a", body_kind="files", body={"f": {"filename": "f.txt", "content": "x", "type": "text/plain"}}
        ),
        Step(5, "POST", "/a", body_kind="json", body=None, query=(("q", ["1", "2"]),)),
    )
    scenario = Scenario("all", PATH, steps, variables=(("n", 5), ("t", "x y")))
    played = Reproduction(scenario, [Reply(200, (), "ok")] * 5, [{}] * 5)
    source = pytest_file(played)
    for words in (
        "json={'n': n, 't': t, 'both': f\"{n}-{t}\"}",
        "data={'a': ['1', t]}",
        "content=b'\\x00\\x01'",
        "files={'f': ('f.txt', b'x', 'text/plain')}",
        'content=b"null"',
        "params=[('q', '1'), ('q', '2')]",
    ):
        assert words in source
    compile(source, "written.py", "exec")
    script = shell_script(played)
    assert json.loads(run(script)[0][-1]) == {"n": 5, "t": "x y", "both": "5-x y"}
    assert "printf %s AAE= | base64 -d | curl" in script
