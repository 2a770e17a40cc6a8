import asyncio

from sqlalchemy import select
from sqlalchemy.orm import Session


async def route(db: Session):
    return await asyncio.to_thread(lambda: db.scalar(select(1)))
