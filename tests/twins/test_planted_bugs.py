"""`compare` on the twins: nothing to find, and one line changed in a copy of either app is found where it is."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from compare.config import load
from compare.pytest_kit import Kit
from compare.verdict import Verdict, choose_scenarios, run_on

ROOT = Path(__file__).parents[2]
COPIED = ("legacy_app", "async_app", "shared_models", "tests/scenarios")


@dataclass(frozen=True)
class Bug:
    """One line of one file, the scenario that meets it, and the finding that is expected of it."""

    name: str
    file: str
    line: str
    becomes: str
    scenario: str
    route: str
    code: str
    where: str

    def plant(self, root: Path) -> None:
        """Change the line; it has to be there exactly once."""
        path = root / self.file
        text = path.read_text()
        assert text.count(self.line) == 1, f"{self.file} holds {self.line!r} {text.count(self.line)} times"
        path.write_text(text.replace(self.line, self.becomes))


BUGS = [
    Bug(
        "a dropped commit",
        "async_app/customers/service.py",
        ' "updated_at"])\n    await session.commit()\n',
        ' "updated_at"])\n',
        "changes and pays",
        "PATCH /customers/{customer_id}",
        "ROW011",
        "customers",
    ),
    Bug(
        "a changed status",
        "legacy_app/items/router.py",
        '@router.post("/items", status_code=201)',
        '@router.post("/items", status_code=200)',
        "from its making",
        "POST /items",
        "RES001",
        "status",
    ),
    Bug(
        "a wrong total",
        "async_app/orders/service.py",
        "quantity=line.quantity, ",
        "quantity=line.quantity + 1, ",
        "paid by card",
        "POST /orders",
        "RES003",
        "/total",
    ),
    Bug(
        "a missing row",
        "async_app/orders/service.py",
        "session.add_all([change, Receipt(order_id=order.id)])",
        "session.add(Receipt(order_id=order.id))",
        "paid by card",
        "POST /orders/{order_id}/pay",
        "ROW001",
        "order_status_changes",
    ),
    Bug(
        "a row that legacy does not write",
        "legacy_app/orders/service.py",
        "session.add_all([change, Receipt(order_id=order.id)])",
        "session.add(Receipt(order_id=order.id))",
        "paid by card",
        "POST /orders/{order_id}/pay",
        "ROW002",
        "order_status_changes",
    ),
    Bug(
        "a missing header",
        "async_app/customers/router.py",
        '    response.headers["Location"] = f"/customers/{customer.id}"\n',
        "",
        "opens an account",
        "POST /customers",
        "RES002",
        "header location",
    ),
    Bug(
        "an error that is told otherwise",
        "async_app/customers/service.py",
        'if errors.constraint(error) == "uq_customers_email":',
        'if errors.constraint(error) == "customers_email_key":',
        "opens an account",
        "POST /customers",
        "ERR001",
        "status",
    ),
    Bug(
        "a background task that does nothing",
        "async_app/orders/service.py",
        "            receipt.status = ReceiptStatus.READY\n            await session.commit()\n",
        "            receipt.status = ReceiptStatus.READY\n",
        "paid by card",
        "POST /orders/{order_id}/pay",
        "ROW003",
        "receipts.status",
    ),
]


def compared(kit: Kit, root: Path, only: str | None = None) -> Verdict:
    config = load(root / "pyproject.toml", {"sample": 0})
    return run_on(kit.server, config, choose_scenarios(config, only=only), lambda _event: None)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Both apps with their configuration, to be broken."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_between_the_twins_nothing_is_found_and_no_route_is_left_out(compare_kit: Kit) -> None:
    verdict = compared(compare_kit, ROOT)
    assert [(finding.code, finding.route, finding.where) for finding in verdict.differences] == []
    assert verdict.unexercised == ()
    assert verdict.exit_code == 0


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_one_changed_line_is_found_where_it_is(compare_kit: Kit, copy: Path, bug: Bug) -> None:
    bug.plant(copy)
    verdict = compared(compare_kit, copy, bug.scenario)
    assert (bug.code, bug.route, bug.where) in {
        (finding.code, finding.route, finding.where) for finding in verdict.differences
    }
    assert verdict.exit_code == 1


def test_the_command_line_names_route_and_difference_and_exits_1(copy: Path) -> None:
    bug = BUGS[0]
    bug.plant(copy)
    command = [sys.executable, "-m", "compare", "--only", bug.scenario]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 1, done.stderr
    assert bug.route in done.stdout
    assert bug.where in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
