from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session


def count(session: Session) -> int:
    return session.scalar(select(1))


async def route(db: AsyncSession):
    return await db.run_sync(count), await db.run_sync(lambda s: s.scalar(select(1)))
