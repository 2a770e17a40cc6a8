from sqlalchemy import text
from sqlalchemy.orm import Session


def f(db: Session, x):
    db.execute(text("SELECT * FROM t WHERE a IS NULL AND b = :x LIMIT 5"), {"x": x})
    return db.execute(text("SELECT * FROM t WHERE (CAST(:x AS text) IS NULL OR a = :x) AND b > now() - interval '1 day'"), {"x": x})
