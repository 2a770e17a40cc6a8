"""The generator against small servers: what it sends, what it counts, and when a request's time begins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from compare.bench.generator import Load
from compare.bench.script import Script, Step, token

Handler = Callable[[bytes], Awaitable[bytes]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A server that answers each request with what the handler makes of its bytes."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length")), 0)
                answer = await handler(head + await reader.readexactly(length))
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: bytes) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}".encode(), f"content-length: {len(body)}".encode(), *headers]
    return b"\r\n".join([*lines, b"", body])


async def loaded(
    port: int, *scripts: Script, clients: int = 2, seconds: float = 0.2, rate: float | None = None
) -> dict[str, Any]:
    """One round."""
    load = Load(
        {
            "host": "127.0.0.1",
            "port": port,
            "clients": clients,
            "seconds": seconds,
            "rate": rate,
            "patience": 1.0,
            "prefix": "u",
            "scripts": [script.told() for script in scripts],
            "deck": list(range(len(scripts))),
        }
    )
    assert await load.connect() == clients
    return await load.run()


READ = Script("GET /", (Step("GET", "/", status=200),))


async def test_right_answers_are_counted_and_wrong_ones_apart() -> None:
    async def handler(request: bytes) -> bytes:
        return answer() if request.startswith(b"GET / ") else answer(b"", "503 Full")

    wrong = Script("GET /full", (Step("GET", "/full", status=200),))
    async with serving(handler) as port:
        told = await loaded(port, READ, wrong)
    assert told["good"]
    assert told["statuses"]["200"] == len(told["good"])
    assert told["statuses"]["503"] == len(told["bad"])
    assert told["hanging"] == 0


async def test_a_body_that_is_not_the_one_it_was_is_counted() -> None:
    async def handler(_request: bytes) -> bytes:
        return answer(b"other")

    async with serving(handler) as port:
        told = await loaded(port, Script("GET /", (Step("GET", "/", status=200, checksum=1),)))
    assert told["changed"] == len(told["good"]) > 0


async def test_what_an_answer_gives_goes_into_the_next_request() -> None:
    seen = []

    async def handler(request: bytes) -> bytes:
        seen.append(request)
        return answer(b'{"id": 7, "name": "a b/\\u00fc"}', "201 Created")

    made = Step(
        "POST", "/orders", (("content-type", "application/json"),), "{}", captures=(("id", "/id"), ("n", "/name"))
    )
    body = f'{{"order": "{token("id")}", "name": "{token("n")}"}}'
    paid = Step("POST", f"/orders/{token('id')}/{token('n')}", (), body, names=("id", "n"), status=201)
    async with serving(handler) as port:
        told = await loaded(port, Script("POST /pay", (made, paid)), clients=1)
    assert told["requests"] > len(told["good"]) > 0
    assert seen[1].startswith(b"POST /orders/7/a%20b/%C3%BC HTTP/1.1\r\n")
    assert '{"order": 7, "name": "a b/ü"}'.encode() in seen[1]


async def test_a_step_before_that_fails_counts_as_wrong() -> None:
    async def handler(request: bytes) -> bytes:
        return answer() if request.startswith(b"GET") else answer(b"", "409 Conflict")

    made, read = Step("POST", "/orders", status=201), Step("GET", "/", status=200)
    async with serving(handler) as port:
        told = await loaded(port, Script("GET /", (made, read)))
    assert told["good"] == []
    assert told["statuses"] == {"409": len(told["bad"])}


async def test_an_answer_without_what_the_next_request_takes_from_it_counts_as_wrong() -> None:
    async def handler(_request: bytes) -> bytes:
        return answer(b"{}")

    made = Step("POST", "/orders", captures=(("id", "/id"),), status=200)
    paid = Step("POST", f"/orders/{token('id')}", names=("id",), status=200)
    async with serving(handler) as port:
        told = await loaded(port, Script("POST /pay", (made, paid)))
    assert told["good"] == []
    assert sum(told["lost"].values()) == len(told["bad"]) == told["requests"] > 0


async def test_a_fresh_number_is_never_sent_twice() -> None:
    seen = []

    async def handler(request: bytes) -> bytes:
        seen.append(request.split(b" ")[1])
        return answer()

    fresh = Script("PUT /x", (Step("PUT", f"/x/{token('unique')}", names=("unique",), status=200),))
    async with serving(handler) as port:
        await loaded(port, fresh, clients=3)
    assert len(seen) == len(set(seen)) > 3


async def test_on_open_load_a_server_that_stops_is_charged_with_all_who_would_have_come() -> None:
    stopped = asyncio.Event()
    first = True

    async def handler(_request: bytes) -> bytes:
        nonlocal first
        if first:
            first = False
            asyncio.get_running_loop().call_later(0.3, stopped.set)
        await stopped.wait()
        return answer()

    async with serving(handler) as port:
        told = await loaded(port, READ, clients=1, seconds=0.5, rate=100)
    assert len([micros for micros in told["good"] if micros > 100_000]) >= 10  # all that came in the first 0.2 s


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def handler(_request: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""

    async with serving(handler) as port:
        told = await loaded(port, READ, clients=3, seconds=0.1)
    assert told["hanging"] == 3
    assert told["good"] == []


async def test_a_server_that_closes_after_each_answer_is_gone_back_to() -> None:
    async def handler(_request: bytes) -> bytes:
        return answer(b"{}", "200 OK", b"connection: close")

    async with serving(handler) as port:
        told = await loaded(port, READ)
    assert len(told["good"]) > 2
    assert not told["lost"]


async def test_a_connection_that_breaks_is_an_answer_that_did_not_come() -> None:
    async def handler(_request: bytes) -> bytes:
        return b"connection: close"  # no HTTP

    async with serving(handler) as port:
        told = await loaded(port, READ)
    assert told["statuses"]["0"] == len(told["bad"]) > 0
