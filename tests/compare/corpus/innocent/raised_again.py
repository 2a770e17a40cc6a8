import logging

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session


def f(db: Session):
    try:
        db.commit()
    except OperationalError:
        logging.exception("no database")
        raise
