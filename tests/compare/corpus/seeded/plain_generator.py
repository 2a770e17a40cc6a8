from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

make = async_sessionmaker()


def get_db():
    session = make()
    try:
        yield session  # T30
    finally:
        session.close()  # T02
