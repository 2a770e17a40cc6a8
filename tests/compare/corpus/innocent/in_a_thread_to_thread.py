import asyncio
from sqlalchemy import select
from sqlalchemy.orm import Session


def count(db: Session) -> int:
    return db.scalar(select(1))


async def route(db: Session):
    return await asyncio.to_thread(count, db)
