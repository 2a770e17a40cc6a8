from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def ids(db: AsyncSession):
    return await db.execute(select(1)).scalars()  # T04
