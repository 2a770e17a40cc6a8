import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def slow(session: AsyncSession):
    try:
        return await asyncio.wait_for(session.execute(text("SELECT pg_sleep(9)")), 1)
    except asyncio.TimeoutError:
        return await session.scalar(text("SELECT 1"))  # T31


async def slower(session: AsyncSession):
    try:
        async with asyncio.timeout(1):
            await session.execute(text("SELECT pg_sleep(9)"))
    except TimeoutError:
        await session.commit()  # T31
