from starlette.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session


def count(db: Session) -> int:
    return db.scalar(select(1))


async def route(db: Session):
    return await run_in_threadpool(count, db)
