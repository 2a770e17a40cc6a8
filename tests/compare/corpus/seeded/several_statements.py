from sqlalchemy import text
from sqlalchemy.orm import Session


def clear(db: Session):
    db.execute(text("DELETE FROM a; DELETE FROM b"))  # T45
