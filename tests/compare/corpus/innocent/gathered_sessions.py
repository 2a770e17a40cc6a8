import asyncio

from sqlalchemy.ext.asyncio import async_sessionmaker

make = async_sessionmaker()


async def one(statement):
    async with make() as session:
        return await session.scalar(statement)


async def f(a, b):
    return await asyncio.gather(one(a), one(b))
