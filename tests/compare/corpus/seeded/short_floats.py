from sqlalchemy import REAL, Column, Float, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcels"
    id = Column(Integer, primary_key=True)
    weight: Mapped[float] = mapped_column(REAL)  # T49
    height = Column(Float(24))  # T49
