"""The twins' own branches: from legacy_app, step by step, to what this repository holds as async_app.

They are made of the last commit. The loader options follow from a trace of the legacy app: COMPARE_TEST_TRACE names
one that `compare trace` wrote. With COMPARE_TEST_BRANCHES=1 the trace is made here, and every branch has to pass its
check and to behave as legacy_app does; that takes a quarter of an hour.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.steps.by_hand import patches
from compare.steps.sequence import STEPS

ROOT = Path(__file__).parents[2]
TRACE = os.environ.get("COMPARE_TEST_TRACE")
WHOLE = os.environ.get("COMPARE_TEST_BRANCHES") == "1"
BRANCHES = [step.branch for step in STEPS]
PLAIN, FAST = BRANCHES[-2:]  # the last two hold async_app: all but its fast routes, and all of it
COMPARE = (sys.executable, "-m", "compare")

pytestmark = pytest.mark.skipif(
    not (TRACE or WHOLE), reason="neither COMPARE_TEST_TRACE names a trace, nor is COMPARE_TEST_BRANCHES=1"
)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with the tools of this interpreter on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - git and the kit, with what stands here
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository, in which the branches were made."""
    folder = tmp_path_factory.mktemp("team") / "shop"
    done(run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder)))
    (folder / ".compare").mkdir()
    if TRACE:
        shutil.copy(TRACE, folder / ".compare" / "trace.json")
    else:
        done(run(folder, *COMPARE, "trace", "--", "pytest", "-q", "--side", "legacy", "tests/shared"))
    done(run(folder, *COMPARE, "steps", "branches", *(() if WHOLE else ("--check", ""))))
    return folder


@pytest.fixture(scope="module")
def base(team: Path) -> str:
    """The commit that the branches stand on."""
    return done(run(team, "git", "rev-parse", "HEAD")).strip()


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """What a command printed, once it ended well."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def trees(folder: Path, branch: str, package: str) -> Iterator[tuple[str, str]]:
    """Yield the Python files of a package on a branch, each as its syntax tree; every package is called `app`."""
    names = run(folder, "git", "ls-tree", "-r", "--name-only", branch, f"{package}/").stdout.split()
    for name in names:
        if name.endswith(".py"):
            text = run(folder, "git", "show", f"{branch}:{name}").stdout.replace(package, "app")
            yield name.removeprefix(package), ast.unparse(ast.parse(text))


def test_after_the_cut_over_a_branch_holds_async_app_without_its_fast_routes(team: Path) -> None:
    made, held = (dict(trees(team, f"migrate/{PLAIN}", package)) for package in ("legacy_app", "async_app"))

    assert PLAIN == "11-cutover"
    assert made == {name: tree for name, tree in held.items() if not name.startswith("/fast/")}
    assert len(made) > 30
    assert dict(trees(team, "migrate/00-baseline", "legacy_app")) != made


def test_the_last_branch_holds_async_app(team: Path) -> None:
    made, held = (dict(trees(team, f"migrate/{FAST}", package)) for package in ("legacy_app", "async_app"))

    assert made == held
    assert "/fast/__init__.py" in made


def test_no_coroutine_is_forgotten_on_the_last_branch(team: Path) -> None:
    """As mypy sees it, with `unused-awaitable` and `truthy-bool`."""
    checked = ("-m", "mypy", "--enable-error-code=truthy-bool", "--enable-error-code=unused-awaitable")
    done(run(team, "git", "checkout", "--quiet", f"migrate/{FAST}"))
    try:
        done(run(team, sys.executable, *checked, "legacy_app", "shared_models"))

        service = team / "legacy_app" / "wallets" / "service.py"
        text = service.read_text(encoding="utf-8")
        service.write_text(text.replace("await session.rollback()", "session.rollback()", 1), encoding="utf-8")
        told = run(team, sys.executable, *checked, "legacy_app", "shared_models").stdout
        assert "wallets/service.py" in told
        assert "[unused-coroutine]" in told
    finally:
        done(run(team, "git", "checkout", "--quiet", "--force", "-"))


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_stands_on_the_one_before_and_its_edits_by_hand_give_a_reason(
    team: Path, base: str, branch: str
) -> None:
    before = [base, *(f"migrate/{each}" for each in BRANCHES)][BRANCHES.index(branch)]
    assert run(team, "git", "merge-base", "--is-ancestor", before, f"migrate/{branch}").returncode == 0

    step = next(step for step in STEPS if step.branch == branch)
    for patch in patches(ROOT / "tests" / "branches", step):
        assert len(patch.reason) > 40, patch.path


def test_made_again_they_stay_as_they_are(team: Path) -> None:
    before = done(run(team, "git", "for-each-ref", "refs/heads"))

    again = done(run(team, *COMPARE, "steps", "branches", "--check", ""))

    assert "made:" not in again
    assert done(run(team, "git", "for-each-ref", "refs/heads")) == before


CONFIGURATION = """
scenarios = ["tests/scenarios"]

[database]
setup = ["python -m async_app.manage migrate", "python -m async_app.manage seed"]
env = {{ DATABASE_URL = "{{async_url}}" }}

[legacy]
app = "legacy_app.main:create_app"
ref = "{base}"
sessions = "state.database.sessions"
env = {{ DATABASE_URL = "{{sync_url}}" }}

[async]
app = "legacy_app.{module}:create_app"
ref = "migrate/{branch}"
sessions = "state.database.sessions"
env = {{ DATABASE_URL = "{{{url}}}" }}
"""


@pytest.mark.skipif(not WHOLE, reason="COMPARE_TEST_BRANCHES is not 1")
@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_behaves_as_legacy_app_does(team: Path, base: str, branch: str) -> None:
    url = "async_url" if BRANCHES.index(branch) >= BRANCHES.index("07-bridge") else "sync_url"
    module = "fast" if branch == FAST else "main"
    text = CONFIGURATION.format(base=base, branch=branch, module=module, url=url)
    (team / "compare.toml").write_text(text, encoding="utf-8")
    try:
        done(run(team, *COMPARE, "run"))
    finally:
        (team / "compare.toml").unlink()
