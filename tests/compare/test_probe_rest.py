"""When a request is over: nothing that it set going runs any more."""

import asyncio
from typing import Any

import httpx
import pytest

from compare.probe import tasks, work
from compare.probe.application import HEADER, taken
from compare.probe.current import Request, current
from compare.subjects.moments import Answering, Boundary, Logged, Raised, Unfinished, Worked

from .probed.serving import WITHIN, Probed


def values(app: Probed, path: str) -> set[str]:
    """Values of the statements that ran until the request came to rest."""
    trace = app.trace(path)
    assert trace.at_rest
    assert trace.of(Boundary)[-1].kind == "rollback"
    return {text for statement in trace.statements for _, text in statement.binds}


def test_a_background_task_is_waited_for(threaded: Probed, looped: Probed) -> None:
    assert values(looped, "/background") == {"background"}
    assert values(threaded, "/background") == set()


def test_a_task_that_nobody_awaits_is_waited_for(looped: Probed) -> None:
    assert values(looped, "/task") == {"task"}


def test_threads_and_executors_are_waited_for_and_known(threaded: Probed) -> None:
    identity, _ = threaded.send("/threads")
    trace = threaded.feed.trace(identity, WITHIN)

    assert {text for statement in trace.statements for _, text in statement.binds} == {"thread", "pool"}
    assert {(moment.kind, moment.name) for moment in trace.of(Worked)} >= {
        ("thread", "own"),
        ("pool", "threads.<locals>.work"),
    }


def test_the_loops_executor_is_seen(looped: Probed) -> None:
    assert [(moment.kind, moment.name) for moment in looped.trace("/executor").of(Worked)] == [("pool", "len")]


def test_what_never_ends_is_named_and_harms_no_later_request(looped: Probed) -> None:
    trace = looped.trace("/endless", within=0.05)

    assert not trace.at_rest
    assert [moment.tasks for moment in trace.of(Unfinished)] == [("endless.<locals>.tick",)]
    assert looped.trace("/read/low").at_rest


def test_what_a_request_does_after_it_was_given_up_belongs_to_nobody(looped: Probed) -> None:
    looped.trace("/endless", within=0.05)
    looped.feed.unattributed()
    assert looped.trace("/release").of(Logged) == ()

    messages = [moment.message for moment in looped.feed.unattributed() if isinstance(moment, Logged)]
    assert set(messages) == {"released"}


def test_parts_of_a_streamed_answer_are_counted(threaded: Probed) -> None:
    start, end = threaded.trace("/stream").of(Answering)

    assert (start.kind, start.status, start.chunks) == ("start", 200, 0)
    assert (end.kind, end.status, end.chunks) == ("end", 200, 3)


def test_an_exception_that_leaves_the_app_is_told_with_its_causes_and_place(looped: Probed) -> None:
    (raised,) = looped.trace("/broken").of(Raised)

    assert raised.where == "app"
    assert raised.chain == ("LookupError", "KeyError")
    assert raised.message == "outer"
    assert raised.place.startswith("tests/compare/probed/looped.py:")


def test_an_exception_after_the_answer_is_one_of_the_background(looped: Probed) -> None:
    (raised,) = looped.trace("/broken-background").of(Raised)

    assert (raised.where, raised.chain) == ("background", ("LookupError",))


def test_an_exception_that_nobody_awaits_still_belongs_to_its_request(looped: Probed) -> None:
    (raised,) = looped.trace("/broken-task").of(Raised)

    assert (raised.where, raised.message) == ("task", "nobody")


async def test_traces_are_awaited_without_blocking_the_loop(looped: Probed) -> None:
    identities = [looped.send(path)[0] for path in ("/task", "/background")]
    traces = await asyncio.gather(*(looped.feed.traced(identity, WITHIN) for identity in identities))

    assert [trace.at_rest for trace in traces] == [True, True]


def test_requests_at_the_same_time_are_kept_apart(threaded: Probed) -> None:
    async def send(client: httpx.AsyncClient, number: int) -> None:
        await client.get(f"{threaded.base_url}/read/{number}", headers={"x-compare-request": f"apart-{number};0;"})

    async def send_all() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await asyncio.gather(*(send(client, number) for number in range(20)))

    asyncio.run(send_all())
    for number in range(20):
        (statement,) = threaded.feed.trace(f"apart-{number}", WITHIN).statements
        assert statement.binds == (("str", str(number)),)


def test_a_request_that_is_not_announced_belongs_to_nobody(threaded: Probed) -> None:
    threaded.feed.unattributed()
    httpx.get(f"{threaded.base_url}/read/stranger", trust_env=False)
    threaded.trace("/read/low")  # the socket keeps the order

    moments = threaded.feed.unattributed()
    assert [moment.binds for moment in moments if hasattr(moment, "binds")] == [(("str", "stranger"),)]
    assert threaded.feed.unattributed() == ()


def test_the_app_never_sees_the_header_and_only_a_request_begins_one() -> None:
    scope = {"type": "http", "headers": [(b"accept", b"*/*"), (HEADER, b"r1;5;ff")]}
    request = taken(scope)

    assert request is not None
    assert (request.id, request.clock, request.seed) == ("r1", 5, b"\xff")
    assert scope["headers"] == [(b"accept", b"*/*")]
    assert taken(scope) is None
    assert taken({"type": "websocket", "headers": [(HEADER, b"r2;0;")]}) is None


async def test_a_failure_that_nobody_awaits_is_in_the_message_that_tells_of_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    messages: list[dict[str, Any]] = []
    told = asyncio.Event()

    class Wire:
        def send(self, message: dict[str, Any]) -> None:
            messages.append(message)
            told.set()

    monkeypatch.setattr(work, "_wires", [Wire()])
    request = Request("r1")
    token = current.set(request)
    tasks.attend(request)

    async def fail() -> None:
        raise LookupError("nobody")

    asyncio.create_task(fail())  # type: ignore[unused-awaitable]  # noqa: RUF006 - that it is dropped is the point
    current.reset(token)
    await told.wait()

    assert [message["state"] for message in messages] == ["rest"]
    assert "Raised" in [kind for kind, _, _ in messages[0]["events"]]


def test_the_place_of_an_exception_is_the_apps_own_code_not_the_librarys(threaded: Probed, looped: Probed) -> None:
    for app in (threaded, looped):
        (raised,) = app.trace("/taken", "POST").of(Raised)

        assert raised.place.startswith("tests/compare/probed/")
