from sqlalchemy.ext.asyncio import AsyncSession


async def exists(db: AsyncSession, kind, key):
    if db.get(kind, key):  # T03
        return True
    return not db.scalar(kind)  # T03
