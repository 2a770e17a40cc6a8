from fastapi import BackgroundTasks
from sqlalchemy.orm import Session


def log(db: Session, text: str):
    db.commit()


def route(tasks: BackgroundTasks, db: Session):
    tasks.add_task(log, db, "x")  # T39
