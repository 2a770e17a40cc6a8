from datetime import datetime

from sqlalchemy import Column, DateTime, Integer
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Event(Base):
    __tablename__ = "events"
    id = Column(Integer, primary_key=True)
    at = Column(DateTime(timezone=True))


def touch(db: Session, key: int):
    event = db.get(Event, key)
    event.at = datetime.utcnow()  # T17
