import asyncio

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://h/d")


async def work():
    await engine.dispose()


def main(kind):
    if kind == "a":
        asyncio.run(work())
    else:
        asyncio.run(work())
