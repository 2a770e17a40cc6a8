from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://h/d",
    pool_size=5,
    connect_args={"server_settings": {"application_name": "shop"}, "timeout": 5},
)
