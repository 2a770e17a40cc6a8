import psycopg2
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session


def save(db: Session):
    try:
        db.commit()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg2.errors.UniqueViolation):  # T22
            return error.orig.diag.constraint_name  # T22
        raise
