from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker()


def count(statement):
    session = SessionLocal()  # T29
    return session.scalar(statement)
