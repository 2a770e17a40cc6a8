from fastapi import BackgroundTasks, Depends
from sqlalchemy.orm import Session


class Repository:
    def __init__(self, db: Session):
        self.db = db

    def log(self, text: str):
        self.db.commit()


def log(repository: Repository, text: str):
    repository.log(text)


def route(tasks: BackgroundTasks, repository: Repository = Depends()):
    tasks.add_task(log, repository, "x")  # T39
