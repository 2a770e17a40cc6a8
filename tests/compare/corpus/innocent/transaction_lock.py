from sqlalchemy import func, select
from sqlalchemy.orm import Session


def locked(db: Session):
    db.execute(select(func.pg_advisory_xact_lock(1)))
