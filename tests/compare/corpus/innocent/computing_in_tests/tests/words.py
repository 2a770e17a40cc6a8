import bcrypt
from sqlalchemy import text
from sqlalchemy.orm import Session


def test_words(db: Session):
    kept = db.scalar(text("SELECT hash FROM users LIMIT 1"))
    assert bcrypt.checkpw(b"word", kept)
