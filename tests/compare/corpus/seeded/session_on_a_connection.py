import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker


@pytest.fixture
def db(engine: Engine):
    connection = engine.connect()
    transaction = connection.begin()
    with Session(bind=connection) as session:  # T35
        yield session
    transaction.rollback()
    connection.close()


@pytest.fixture
def sessions(engine: Engine):
    with engine.connect() as connection:
        yield sessionmaker(connection)  # T35
