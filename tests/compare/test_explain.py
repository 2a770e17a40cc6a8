"""`compare explain`: the catalogue for a person."""

import subprocess
import sys

import pytest

from compare.cli import app
from compare.errors import UsageError
from compare.findings import CATALOGUE
from compare.findings.explain import explain, listing


def test_a_code_is_explained_however_it_is_spelled() -> None:
    told = explain(" res015 ")
    assert told.startswith("RES015 time is shifted or written in another zone")
    for words in ("layer     response", "severity  difference", "why ", "help ", "T17, T18"):
        assert words in told


def test_every_code_can_be_explained_within_80_columns() -> None:
    assert {line for code in CATALOGUE for line in explain(code).splitlines() if len(line) > 80} == set()


def test_the_list_holds_every_code_under_its_layer() -> None:
    told = listing()
    assert [code for code in CATALOGUE if f"  {code}  " not in told] == []
    assert told.index("\nrows\n") < told.index("ROW001") < told.index("\nstatements\n")


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"There is no code RES0O3\. Near to it: .*RES003 \(body value differs\)"):
        explain("RES0O3")


def test_the_command_explains_one_code_or_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    app(["explain", "TXN001"], standalone_mode=False)
    app(["explain"], standalone_mode=False)
    told = capsys.readouterr().out
    assert told.startswith("TXN001 commit after the answer")
    assert "  SQL002  one statement per row\n" in told


def test_the_program_exits_2_on_a_code_that_it_does_not_know() -> None:
    command = [sys.executable, "-m", "compare", "explain", "XYZ"]
    unknown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("There is no code XYZ.")
    assert "Traceback" not in unknown.stderr
