from sqlalchemy.ext.asyncio import AsyncSession


class Store:
    def __init__(self, db: AsyncSession):
        self.db = db

    async def drop(self, thing):
        self.db.delete(thing)  # T02
        await self.db.commit()
