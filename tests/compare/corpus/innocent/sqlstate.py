from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def f(db: Session):
    try:
        db.commit()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "40001":
            return None
        raise
