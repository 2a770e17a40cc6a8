from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

router = APIRouter()


def get_db():
    with Session() as session:
        yield session


@router.get("/")
async def read(db: Session = Depends(get_db)):
    return db.scalars(select(1)).all()  # T08
