import asyncio

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

make = async_sessionmaker()


async def one(statement):
    async with make() as session:
        return await session.scalar(statement)


async def f(a, b):
    first = one(a)
    second = asyncio.create_task(one(b))
    return await first, await second
