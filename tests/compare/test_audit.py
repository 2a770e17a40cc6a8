"""What an audit finds: each trap that source can show, at its line, and nothing in what only looks like one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.audit import audited
from compare.cli import app
from tests.compare.programs import MODELS, written

CORPUS = Path(__file__).parent / "corpus"
MARK = "# T"


def marked(folder: Path) -> set[tuple[str, str, int]]:
    """The traps that a program's lines are marked with: code, file, line."""
    found = set()
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if MARK in line:
                codes = line[line.rindex(MARK) + 2 :].split()
                name = path.name if folder.is_file() else str(path.relative_to(folder))
                found |= {(code, name, number) for code in codes}
    return found


def programs(kind: str) -> list[Path]:
    """The programs of the corpus: a file, or a folder."""
    return sorted(path for path in (CORPUS / kind).iterdir() if path.suffix == ".py" or path.is_dir())


@pytest.mark.parametrize("path", programs("seeded"), ids=lambda path: path.stem)
def test_every_marked_line_is_found_and_no_other(path: Path) -> None:
    found = {(one.code, str(one.path), one.line) for one in audited(path).sites}

    assert found == marked(path)


@pytest.mark.parametrize("path", programs("innocent"), ids=lambda path: path.stem)
def test_nothing_is_found_in(path: Path) -> None:
    assert [(one.code, one.line, one.message) for one in audited(path).sites] == []


def test_the_corpus_is_what_it_says() -> None:
    assert all(marked(path) for path in programs("seeded"))
    assert not any(marked(path) for path in programs("innocent"))


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command line."""
    result = CliRunner().invoke(app, ["audit", *arguments])
    return result.exit_code, result.output


def test_a_site_is_shown_with_its_line_and_a_caret(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "models.py": MODELS,
            "app.py": "from sqlalchemy.orm import Session\ndef f(s: Session):\n    return s.query(1)\n",
        },
    )
    code, output = run(str(tmp_path))

    assert code == 1
    assert (
        "T10 `query()` is not there on an AsyncSession\n --> app.py:3:12\n  |\n3 |     return s.query(1)\n  |            ^^^^^^^^^^\n"
        in output
    )


def test_json_tells_the_same(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": "from sqlalchemy.orm import Session\ndef f(s: Session):\n    return s.query(1)\n"})
    code, output = run(str(tmp_path), "--json")
    told = json.loads(output)

    assert code == 1
    assert [(one["code"], one["path"], one["line"], one["column"], one["step"]) for one in told["sites"]] == [
        ("T10", "app.py", 3, 12, 2)
    ]


def test_sarif_tells_the_same(tmp_path: Path) -> None:
    written(tmp_path, {"a/app.py": "from sqlalchemy.orm import Session\ndef f(s: Session):\n    return s.query(1)\n"})
    _, output = run(str(tmp_path), "--sarif")
    told = json.loads(output)["runs"][0]
    (result,) = told["results"]
    place = result["locations"][0]["physicalLocation"]

    assert told["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "T10"
    assert place["artifactLocation"]["uri"] == "a/app.py"
    assert place["region"] == {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 22}


def test_nothing_found_is_exit_0(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": "x = 1\n"})

    assert run(str(tmp_path)) == (0, "Nothing found.\n")


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": "x = 1\n", "old.py": "print 'x'\n"})
    code, output = run(str(tmp_path))

    assert code == 0
    assert "old.py:1: could not be read as Python 3" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nowhere"], "There is no file or folder nowhere."), ([".", "--select", "T99"], "There is no code T99.")],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["audit", *arguments])

    assert said in str(result.exception)


HUSHED = """\
from sqlalchemy.orm import Session


def one(db: Session):
    return db.query(1).all()  # compare: ignore[T10] - until the shop is closed


def two(db: Session):
    return db.query(1).all()  # compare: ignore


def three(db: Session):
    return db.query(1).all()  # compare: ignore[T11]
"""


def test_a_line_may_say_that_it_stays(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": HUSHED})

    assert [(one.code, one.line) for one in audited(tmp_path).sites] == [("T10", 13)]


ROUTED = """\
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

router = APIRouter()


def get_db():
    with Session() as session:
        yield session


def found(db):
    return db.query(1).all()


@router.get("/hard")
def hard(db: Session = Depends(get_db)):
    found(db)
    return db.query(2).first()


@router.post("/easy")
def easy(db: Session = Depends(get_db)):
    return found(db)


@router.get("/nothing")
def nothing():
    return 1
"""


def test_routes_stand_in_the_order_of_what_they_lead_to(tmp_path: Path) -> None:
    written(tmp_path, {"app.py": ROUTED})

    _, output = run(str(tmp_path))
    assert "3 routes, of which 1 lead to none of these places." in output
    assert output.index("POST /easy") < output.index("GET /hard")
    assert "nothing, app.py" not in output

    _, told = run(str(tmp_path), "--json")
    assert [(one["name"], one["by_hand"], one["by_kit"]) for one in json.loads(told)["routes"]] == [
        ("GET /nothing", 0, 0),
        ("POST /easy", 0, 1),
        ("GET /hard", 0, 2),
    ]
