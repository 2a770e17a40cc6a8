from fastapi import Depends, FastAPI
from sqlalchemy.orm import sessionmaker

app = FastAPI()
make = sessionmaker()


def get_db():
    with make() as session:
        yield session
        session.commit()  # T37


@app.get("/")
def read(db=Depends(get_db)):
    return db.scalar("x")
