"""The probe stands alone: it runs where compare is not installed."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PROBE = Path(__file__).parents[2] / "compare" / "probe"
OUTSIDE = {"sqlalchemy"}


def imported(file: Path) -> Iterator[str]:
    """The top packages that a file imports, and for a relative import the module within the probe, with a dot."""
    for node in ast.walk(ast.parse(file.read_text(), feature_version=(3, 10))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1, f"{file.name} reaches out of the probe"
            yield from ([f".{node.module}"] if node.module else [f".{alias.name}" for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def test_the_probe_imports_nothing_but_the_standard_library_sqlalchemy_and_itself() -> None:
    files = sorted(PROBE.rglob("*.py"))

    assert len(files) > 10
    assert {(file.name, name) for file in files for name in imported(file) if name not in allowed(file)} == set()


def allowed(file: Path) -> set[str]:
    """What a file of the probe may import: of the probe, what lies beside it."""
    beside = {
        f".{path.stem}" for path in file.parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    return set(sys.stdlib_module_names) | OUTSIDE | beside


def test_sqlalchemy_is_imported_only_inside_functions() -> None:
    eager = {
        (file.name, name)
        for file in PROBE.rglob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)])
        if name.partition(".")[0] in OUTSIDE
    }

    assert eager == set()
