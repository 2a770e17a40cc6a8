from fastapi import FastAPI, Request
from sqlalchemy.orm import sessionmaker

app = FastAPI()
SessionLocal = sessionmaker()


@app.middleware("http")  # T32
async def db_session(request: Request, call_next):
    request.state.db = SessionLocal()
    try:
        return await call_next(request)
    finally:
        request.state.db.close()  # T08
