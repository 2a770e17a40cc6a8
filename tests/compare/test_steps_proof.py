"""The proof that a statement asks what its query asked: both are compiled in the program's own modules."""

import ast
from pathlib import Path

from compare.source import Program, read
from compare.steps.project import Project, StepSettings
from compare.steps.rewrite import replaced, rewritten
from compare.steps.select import Proof, proved, selected
from compare.steps.transforms import select
from tests.compare.programs import written

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="user")

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="items")
"""
SHOP = """
from sqlalchemy import desc, func
from sqlalchemy.orm import Session, aliased, joinedload
from models import Item, User

class Repo:
    def __init__(self, db: Session):
        self.db = db

    def held(self, name):
        return self.db.query(User).filter_by(name=name).first()

def plain(db: Session, who):
    return db.query(User).filter(User.id == who.id, User.name.ilike(f"%{who.name}%")).order_by(desc(User.name)).all()

def among(db: Session, ids):
    return db.query(User.id, func.count(Item.id)).outerjoin(Item).filter(User.id.in_(ids)).group_by(User.id).all()

def page(db: Session, skip: int, limit: int):
    return db.query(Item).options(joinedload(Item.user)).offset(skip).limit(limit).all()

def locked(db: Session):
    return db.query(User).filter(User.id == 1).with_for_update(skip_locked=True).one()

def distinct(db: Session):
    return db.query(User).join(User.items).filter(Item.id > 3).distinct().all()

def dynamic(db: Session, model: type[User]):
    return db.query(model).filter(model.id == 1).one()
"""


def proof(folder: Path, shop: str = SHOP) -> tuple[Program, Proof]:
    program = read(written(folder, {"models.py": MODELS, "shop.py": shop}))
    edits, _ = selected(program)
    return program, proved(folder, program, edits)


def test_queries_of_all_kinds_compile_to_the_same_sql(tmp_path: Path) -> None:
    _, found = proof(tmp_path)
    assert found.same == 6
    assert [why.partition(":")[0] for why in found.unknown] == ["ArgumentError"]  # which model, only a run tells
    assert not found.differing


def test_a_statement_that_asks_something_else_is_found_and_left(tmp_path: Path) -> None:
    program = read(written(tmp_path, {"models.py": MODELS, "shop.py": SHOP}))
    edits, _ = selected(program)
    module = program.modules["shop"]
    filtering = next(
        node
        for node in ast.walk(program.functions["shop:plain"].node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".filter")
    )
    edits["shop"].change(filtering, replaced("select(User).where(User.id != 1)"))  # a rule gone wrong
    found = proved(tmp_path, program, edits)
    ((node, reason),) = found.differing.items()
    assert node.lineno == filtering.lineno
    assert reason.startswith("it would ask something else as a statement: `WHERE users.id = %(id_1)s")
    again, left = selected(program, found.differing)
    assert [(one.line, one.reason) for one in left] == [(node.lineno, reason)]
    text = rewritten(again["shop"])
    assert ast.unparse(filtering) in text.replace('"', "'")  # what passes through it stays with it
    assert module.text.count(".query(") - text.count(".query(") == 6


def test_the_step_tells_what_was_proved(tmp_path: Path) -> None:
    folder = written(tmp_path, {"models.py": MODELS, "shop.py": SHOP})
    assert select(Project(folder, StepSettings())).notes == (
        "6 queries compile to the same SQL as statements.",
        "1 could not be evaluated by themselves (ArgumentError in 1 of them).",
    )


def test_a_program_that_cannot_be_imported_is_converted_and_told(tmp_path: Path) -> None:
    folder = written(tmp_path, {"models.py": MODELS, "shop.py": "import nowhere\n" + SHOP})
    found = select(Project(folder, StepSettings()))
    assert found.notes == ("7 could not be evaluated by themselves (ModuleNotFoundError in 7 of them).",)
    assert found.changes


def test_a_program_that_ends_the_interpreter_is_no_proof(tmp_path: Path) -> None:
    for line in ("import os; os._exit(3)", "raise SystemExit(0)", "print('{}')"):
        found = select(Project(written(tmp_path, {"models.py": MODELS, "shop.py": f"{line}\n{SHOP}"}), StepSettings()))
        assert found.notes
        assert found.changes


def test_nothing_is_imported_where_that_is_not_wanted(tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + SHOP
    folder = written(tmp_path, {"models.py": MODELS, "shop.py": code})
    assert not select(Project(folder, StepSettings(prove=False))).notes
    assert not (tmp_path / "ran").exists()
    assert select(Project(folder, StepSettings())).notes
    assert (tmp_path / "ran").exists()
