import httpx
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker()


def read():
    with SessionLocal() as session:
        return session.get(int, 1)


async def report(client: httpx.AsyncClient):
    found = await run_in_threadpool(read)
    await client.post("/", json=found)
