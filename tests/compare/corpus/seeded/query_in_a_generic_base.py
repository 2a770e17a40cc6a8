from typing import Generic, Type, TypeVar

from sqlalchemy.orm import Session

Model = TypeVar("Model")


class CRUDBase(Generic[Model]):
    def __init__(self, model: Type[Model]):
        self.model = model

    def get(self, db: Session, id: int):
        return db.query(self.model).get(id)  # T10
