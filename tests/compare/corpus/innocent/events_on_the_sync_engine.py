from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://h/d")
event.listen(engine.sync_engine, "connect", print)
