from threading import Thread

from sqlalchemy.orm import Session


def log(db: Session, text: str):
    db.commit()


def route(db: Session):
    Thread(target=log, args=(db, "x")).start()  # T23
    db.commit()
