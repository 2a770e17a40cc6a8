from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session


def retried(db: Session, work):
    for _ in range(3):
        try:
            return work(db)
        except OperationalError:  # T21
            continue
