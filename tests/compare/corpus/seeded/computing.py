import bcrypt
from passlib.context import CryptContext
from sqlalchemy import text
from sqlalchemy.orm import Session

context = CryptContext(schemes=["bcrypt"])


def matches(word: str, kept: str) -> bool:
    return context.verify(word, kept)


def log_in(db: Session, name: str, word: str):
    kept = db.scalar(text("SELECT hash FROM users WHERE name = :name"), {"name": name})
    return kept is not None and matches(word, kept)  # T54


async def register(word: str):
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt())  # T54
