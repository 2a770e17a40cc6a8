from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Column, ForeignKey, Integer, String, select
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", back_populates="shelf")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    shelf_id = Column(ForeignKey("shelves.id"))
    shelf = relationship("Shelf", back_populates="books")


class BookRead(BaseModel):
    title: str


class ShelfRead(BaseModel):
    id: int
    books: list[BookRead]


router = APIRouter()


@router.get("/shelves", response_model=list[ShelfRead])
def shelves(db: Session):
    return db.scalars(select(Shelf)).all()  # T07


@router.get("/shelves/{key}")
def shelf(db: Session, key: int) -> ShelfRead | None:
    found = db.get(Shelf, key)
    return ShelfRead.model_validate(found)  # T07
