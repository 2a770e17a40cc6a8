from sqlalchemy import Column, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import declarative_base, deferred, relationship

Base = declarative_base()


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    image = deferred(Column(LargeBinary))  # T28
    parts = relationship("Part", lazy="dynamic")  # T28


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("pages.id"))
