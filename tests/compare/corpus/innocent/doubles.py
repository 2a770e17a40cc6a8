from sqlalchemy import Column, Double, Float, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcels"
    id = Column(Integer, primary_key=True)
    weight: Mapped[float] = mapped_column(Double)
    height = Column(Float)
    width = Column(Float(53))
