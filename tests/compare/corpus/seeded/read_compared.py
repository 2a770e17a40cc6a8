from sqlalchemy.ext.asyncio import AsyncSession


async def many(db: AsyncSession, statement):
    return db.scalar(statement) == 3  # T03
