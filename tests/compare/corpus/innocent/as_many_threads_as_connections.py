from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg2://localhost/shop", pool_size=5, max_overflow=5)
factory = sessionmaker(engine)


async def start(app):
    current_default_thread_limiter().total_tokens = 10


app = FastAPI()


def get_db():
    with factory() as session:
        yield session


@app.get("/")
def read(db: Session = Depends(get_db)):
    return db.scalar(text("SELECT 1"))
