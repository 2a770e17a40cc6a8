from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://h/d")
event.listen(engine, "connect", print)  # T43
inspect(engine)  # T43
