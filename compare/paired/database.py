"""The databases of a paired test, as its `database` fixture: writes go to both, reads give legacy's rows."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from compare.paired.conversation import Conversation
    from compare.postgres import Address

IDLE_SECONDS = 5.0


class PairedDatabase:
    """Speaks as `compare.pytest_plugin.Database` does."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @property
    def address(self) -> Address:
        """Skips the test: what it does on a connection of its own would be done on one side only."""
        pytest.skip("--paired: the test opens a connection of its own, which would reach one side only")

    async def fetch(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Run one statement with `%(name)s` placeholders on both; legacy's rows by column name."""
        return await self._conversation.fetch(sql, params)

    async def execute(self, sql: str, **params: object) -> None:
        """Run one statement with `%(name)s` placeholders on both, committed at once."""
        await self._conversation.execute(sql, params)

    async def idle(self, within: float = IDLE_SECONDS) -> bool:
        """Wait until no request, task or transaction is open on either side; False after `within` seconds."""
        deadline = time.monotonic() + within
        for side in self._conversation.sides.both:
            left = max(0.0, deadline - time.monotonic())
            if side.clone is not None and not await asyncio.to_thread(side.clone.wait_until_idle, left):
                return False
        return True
