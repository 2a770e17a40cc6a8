from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
engine = create_engine("postgresql+psycopg2://localhost/shop", pool_size=5, max_overflow=5)  # T41
factory = sessionmaker(engine)


def get_db():
    with factory() as session:
        yield session


@app.get("/")
def read(db: Session = Depends(get_db)):
    return db.scalar(text("SELECT 1"))
