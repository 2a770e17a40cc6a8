"""The catalogue of findings: complete, and used."""

import re
from pathlib import Path

import compare
from compare.findings import CATALOGUE

CODE = re.compile(r'"((?:RES|ERR|ROW|SQL|TXN|RTM|RUN)\d{3})"')


def test_every_code_in_the_source_is_in_the_catalogue_and_the_other_way_round() -> None:
    folder = Path(compare.__file__).parent
    sources = [path for path in (folder / "verdict").rglob("*.py") if path.name != "causes.py"]
    used = {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert used == set(CATALOGUE)


def test_every_entry_of_the_catalogue_says_why_and_what_to_do() -> None:
    assert [code for code, entry in CATALOGUE.items() if not (entry.title and entry.why and entry.fix)] == []
