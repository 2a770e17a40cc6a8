from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

one = create_async_engine("postgresql+asyncpg://app@pgbouncer/shop", poolclass=NullPool)  # T33
two = create_async_engine("postgresql+asyncpg://app@db:6432/shop", connect_args={"statement_cache_size": 0})  # T33
