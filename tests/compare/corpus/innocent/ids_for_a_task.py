from fastapi import BackgroundTasks
from sqlalchemy.orm import sessionmaker

make = sessionmaker()


def log(key: int):
    with make() as session:
        session.commit()


def route(tasks: BackgroundTasks, key: int):
    tasks.add_task(log, key)
