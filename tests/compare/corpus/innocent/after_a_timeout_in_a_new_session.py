import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def slow(session: AsyncSession, sessions: async_sessionmaker[AsyncSession]):
    try:
        return await asyncio.wait_for(session.execute(text("SELECT pg_sleep(9)")), 1)
    except asyncio.TimeoutError:
        await session.close()
        async with sessions() as other:
            return await other.scalar(text("SELECT 1"))


async def pause(session: AsyncSession):
    try:
        await asyncio.wait_for(asyncio.sleep(9), 1)
    except asyncio.TimeoutError:
        return await session.scalar(text("SELECT 1"))
