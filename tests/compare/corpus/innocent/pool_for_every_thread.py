from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
engine = create_engine("postgresql+psycopg2://localhost/shop", pool_size=20, max_overflow=20)
memory = create_engine("sqlite://")
factory = sessionmaker(engine)


def get_db():
    with factory() as session:
        yield session


@app.get("/")
def read(db: Session = Depends(get_db)):
    return db.scalar(text("SELECT 1"))
