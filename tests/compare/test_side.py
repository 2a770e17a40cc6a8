"""One side as the engine speaks to it: redirects, answers that break off, and answers that never come."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from compare.traffic import Request
from compare.verdict.answer import Answer
from compare.verdict.side import Side, Stamp

HERE = "http://127.0.0.1:8000"


class Broken(httpx.AsyncByteStream):
    """A body that ends in the middle."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half"
        raise httpx.RemoteProtocolError("peer closed connection")


def served(request: httpx.Request) -> httpx.Response:
    """An app of a few paths."""
    match request.url.path:
        case "/here":
            return httpx.Response(303, headers={"location": "/there", "set-cookie": "a=b"})
        case "/there":
            return httpx.Response(200, text=request.headers.get("cookie", "none"))
        case "/away":
            return httpx.Response(302, headers={"location": "http://example.org/there"})
        case "/broken":
            return httpx.Response(200, stream=Broken())
    raise httpx.ReadError("dropped", request=request)


async def asked(target: str, *, follow: bool = False) -> tuple[Answer, tuple[str, ...]]:
    """The answer to a GET, and the numbers under which it went out."""
    subject: Any = SimpleNamespace(base_url=HERE, feed=None, alive=True)
    client = httpx.AsyncClient(base_url=HERE, transport=httpx.MockTransport(served))
    side = Side(subject, None, client)
    async with client:
        done = await side.ask(Request(1, "GET", target, follow_redirects=follow), Stamp("7"))
    return done.answer, done.numbers


async def test_a_redirect_is_followed_with_the_cookie_that_it_sets_where_the_step_says_so() -> None:
    answer, numbers = await asked("/here", follow=True)
    assert (answer.status, answer.body, numbers) == (200, b"a=b", ("7", "7>1"))
    assert (await asked("/here"))[0].status == 303


async def test_a_redirect_to_another_machine_is_never_followed() -> None:
    answer, numbers = await asked("/away", follow=True)
    assert (answer.status, numbers) == (302, ("7",))


async def test_of_an_answer_that_breaks_off_what_came_is_kept_with_the_reason() -> None:
    answer, _ = await asked("/broken")
    assert (answer.status, answer.body, answer.broken) == (200, b"half", "broke off: peer closed connection")


async def test_an_answer_that_never_came_says_why() -> None:
    answer, _ = await asked("/dropped")
    assert (answer.status, answer.failure) == (None, "no HTTP answer: dropped")


@pytest.mark.parametrize("status", [200, 303])
async def test_a_side_without_a_probe_is_marked_by_no_header(status: int) -> None:
    seen: list[httpx.Headers] = []

    def noting(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(status)

    subject: Any = SimpleNamespace(base_url=HERE, feed=None, alive=True)
    client = httpx.AsyncClient(base_url=HERE, transport=httpx.MockTransport(noting))
    async with client:
        await Side(subject, None, client).ask(Request(1, "GET", "/"), Stamp("1"))
    assert "x-compare-request" not in seen[0]


async def test_a_unique_value_is_new_in_each_request_and_the_same_on_both_sides() -> None:
    subject: Any = SimpleNamespace(base_url=HERE, feed=None, alive=True)
    sent = []
    for _ in ("legacy", "async"):
        side = Side(subject, None, httpx.AsyncClient(base_url=HERE, transport=httpx.MockTransport(served)))
        async with side.client:
            step = Request(1, "GET", "/there?key=${unique}")
            sent.append([(await side.ask(step, Stamp(number))).wire.target for number in ("1", "2")])
    legacy, async_ = sent
    assert legacy == async_
    assert len(set(legacy)) == 2
