from sqlalchemy.ext.asyncio import async_sessionmaker

make = async_sessionmaker()


async def get_db():
    async with make() as session:
        yield session
