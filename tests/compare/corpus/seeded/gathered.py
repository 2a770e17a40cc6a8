import asyncio

from sqlalchemy.ext.asyncio import AsyncSession


async def both(db: AsyncSession, one, two):
    return await asyncio.gather(db.scalar(one), db.scalar(two))  # T23


async def many(db: AsyncSession, statements):
    return await asyncio.gather(*[db.scalar(each) for each in statements])  # T23
