from sqlalchemy import select
from sqlalchemy.orm import Session


def c(conn):
    return conn.execute(select(1))


def b(conn):
    return c(conn)


def a(conn):
    return b(conn)


async def route(conn: Session):
    return a(conn)  # T08
