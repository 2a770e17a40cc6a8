"""What the client of a paired test speaks through: both sides, as if they were one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from compare.paired.conversation import Conversation
    from compare.verdict.answer import Answer

DECODED = frozenset({"content-encoding", "transfer-encoding"})


class PairedTransport(httpx.AsyncBaseTransport):
    """Sends each request to both sides and answers as legacy did. Bodies are whole when they come, streams too."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Legacy's answer.

        Raises:
            httpx.RemoteProtocolError: legacy gave none, or broke off.
            CouldNotRunError: a side died.
        """
        await request.aread()
        answer = await self._conversation.send(request)
        if answer.status is None or answer.broken:
            raise httpx.RemoteProtocolError(answer.failure or answer.broken, request=request)
        return response_of(answer)


def response_of(answer: Answer) -> httpx.Response:
    """An answer as httpx has it; its body is decoded already, and its headers say what was sent all the same."""
    assert answer.status is not None  # noqa: S101 - told to the type checker
    plain = [(name, value) for name, value in answer.headers if name.lower() not in DECODED]
    response = httpx.Response(answer.status, headers=plain, content=answer.body)
    response.headers = httpx.Headers(list(answer.headers))
    return response
