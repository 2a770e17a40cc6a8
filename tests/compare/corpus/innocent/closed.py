from contextlib import closing

from sqlalchemy.orm import sessionmaker

make = sessionmaker()


def a(x):
    session = make()
    try:
        return session.scalar(x)
    finally:
        session.close()


def b(x):
    session = make()
    with session:
        return session.scalar(x)


def c():
    session = make()
    return session
