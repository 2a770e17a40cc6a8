from sqlalchemy.ext.asyncio import AsyncSession


async def save(db: AsyncSession, thing):
    db.add(thing)
    db.commit()  # T02
