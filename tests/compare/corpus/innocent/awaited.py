from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def f(db: AsyncSession, thing):
    db.add(thing)
    await db.commit()
    await db.refresh(thing)
    if await db.get(type(thing), 1):
        return (await db.execute(select(1))).scalars().all()
    return await db.scalar(select(1))
