import httpx
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker()


def read(session):
    return session.get(int, 1)


async def report(client: httpx.AsyncClient):
    with SessionLocal() as session:  # T08
        found = await run_in_threadpool(read, session)  # T09
        await client.post("/", json=found)
