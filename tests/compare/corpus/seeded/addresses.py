from sqlalchemy import Column, Integer
from sqlalchemy.dialects.postgresql import CIDR, INET
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    net = Column(CIDR)  # T48
    ip: Mapped[str] = mapped_column(INET())  # T48
