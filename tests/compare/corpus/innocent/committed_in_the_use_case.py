from fastapi import Depends, FastAPI
from sqlalchemy.orm import sessionmaker

app = FastAPI()
make = sessionmaker()


def get_db():
    with make() as session:
        yield session


@app.get("/")
def read(db=Depends(get_db)):
    db.commit()
