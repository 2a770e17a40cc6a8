from threading import Thread

from sqlalchemy.orm import sessionmaker

Local = sessionmaker()


def log(db, text: str):
    db.commit()
    db.close()


def route():
    db = Local()
    Thread(target=log, args=(db, "x")).start()
