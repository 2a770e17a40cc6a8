from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

app = FastAPI()


def lines(db: Session):
    for row in db.execute(select(1)):
        yield str(row)


def export(db: Session):
    return StreamingResponse(lines(db))  # T38
