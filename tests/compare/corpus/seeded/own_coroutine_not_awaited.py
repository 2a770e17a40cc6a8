from sqlalchemy.ext.asyncio import AsyncSession


async def save(db: AsyncSession):
    await db.commit()


async def route(db: AsyncSession):
    save(db)  # T02
