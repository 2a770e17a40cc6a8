from sqlalchemy import text
from sqlalchemy.orm import Session


def old(db: Session, age, ids):
    db.execute(text("DELETE FROM t WHERE at < now() - interval :age"), {"age": age})  # T20
    db.execute(text("DELETE FROM t WHERE id IN :ids"), {"ids": ids})  # T20
    return db.execute(text("SELECT * FROM t LIMIT '5'"))  # T20
