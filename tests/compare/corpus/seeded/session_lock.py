from sqlalchemy import func, select, text
from sqlalchemy.orm import Session


def locked(db: Session):
    db.execute(text("SELECT pg_advisory_lock(1)"))  # T51
    db.execute(select(func.pg_advisory_unlock(1)))  # T51
