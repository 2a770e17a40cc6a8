from sqlalchemy import text
from sqlalchemy.orm import Session


def search(db: Session, status):
    return db.execute(text("SELECT * FROM t WHERE (:status IS NULL OR status = :status)"), {"status": status})  # T19
