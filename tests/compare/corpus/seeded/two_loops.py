import asyncio

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://h/d")


async def work():
    async with engine.connect() as connection:
        await connection.commit()


def main():
    asyncio.run(work())
    asyncio.run(work())  # T13
