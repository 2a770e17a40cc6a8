import logging

session = logging.getLogger("session")


async def f():
    session.debug("commit")
    session.flush()
