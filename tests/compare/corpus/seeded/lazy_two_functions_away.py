from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    books = relationship("Book", back_populates="author")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author", back_populates="books")


from sqlalchemy import select


class Books:
    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self):
        return self.session.scalars(select(Book)).all()


def shown(book):
    return book.author.name  # T01


def listing(session: Session):
    return [shown(book) for book in Books(session).all()]
