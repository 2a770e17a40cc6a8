from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def export(db: AsyncSession):
    async for row in await db.stream(select(1)):
        yield str(row)
