from sqlalchemy import Column, Integer
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/shop", native_inet_types=False)


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    ip = Column(INET)
