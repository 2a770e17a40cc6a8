"""The branches: one commit a step, made beside the team's work tree, made again only where something changed."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compare.cli import app as cli
from compare.errors import CompareError
from compare.steps import command
from compare.steps.model import Change, Outcome, Remaining, Step
from compare.steps.project import Project
from compare.trace.model import load


def renaming(old: str, new: str) -> object:
    """A transformation that writes one word for another in every Python file."""

    def transform(project: Project) -> Outcome:
        changes = []
        for module in project.program.modules.values():
            if old in module.text:
                count = module.text.count(old)
                changes.append(
                    Change(module.path, module.text, module.text.replace(old, new), (f"{old} → {new}",) * count)
                )
        return Outcome(tuple(changes), (Remaining(Path("app.py"), 1, "left on purpose", "T01"),))

    return transform


STEPS = (
    Step(0, "one", "Write b for a", "Because.", renaming("aaa", "bbb")),  # type: ignore[arg-type] # a transformation
    Step(1, "two", "Change nothing", "Because.", lambda _project: Outcome()),
    Step(2, "three", "Write c for b", "Because.", renaming("bbb", "ccc")),  # type: ignore[arg-type] # a transformation
)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A team's repository, in which one is; its steps are the three above."""
    monkeypatch.setattr(command, "STEPS", STEPS)
    folder = tmp_path / "team"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "app.py").write_text("aaa = 1  # as it was\n", encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "T")
    git("config", "user.email", "t@example.org")
    commit("first")
    return folder


def git(*arguments: str) -> str:
    """Ask git, here."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def commit(message: str) -> None:
    """Commit all there is."""
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


def steps(*arguments: str) -> str:
    """What `compare steps` says; an error is raised as it is."""
    result = CliRunner().invoke(cli, ["steps", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def everything() -> tuple[str, str, str]:
    """The user's own: HEAD, work tree, stash."""
    return git("symbolic-ref", "HEAD"), git("status", "--porcelain"), Path("app.py").read_text(encoding="utf-8")


def test_each_step_has_a_branch_that_stands_on_the_one_before(team: Path) -> None:
    before = everything()
    steps("branches")

    assert git("show", "migrate/00-one:app.py") == "bbb = 1  # as it was"
    assert git("rev-parse", "migrate/01-two") == git("rev-parse", "migrate/00-one")
    assert git("show", "migrate/02-three:app.py") == "ccc = 1  # as it was"
    assert git("rev-parse", "migrate/02-three~2") == git("rev-parse", "main")
    assert everything() == before
    assert team.is_dir()


@pytest.mark.usefixtures("team")
def test_a_commit_says_what_changed_why_and_what_is_left() -> None:
    steps("branches")
    told = git("show", "--no-patch", "--format=%B", "migrate/00-one")

    assert told.startswith("Write b for a\n\nBecause.\n")
    assert "Changed in 1 file:\n    1  aaa → bbb" in told
    assert "Left for a hand:\n  app.py:1: left on purpose (T01)" in told
    assert told.endswith("Step: 0 one")


@pytest.mark.usefixtures("team")
def test_a_second_run_changes_nothing() -> None:
    steps("branches")
    tips = git("for-each-ref", "--format=%(refname) %(objectname)")
    again = steps("branches")

    assert git("for-each-ref", "--format=%(refname) %(objectname)") == tips
    assert "made" not in again


@pytest.mark.usefixtures("team")
def test_a_step_that_changed_is_made_again_with_all_above_it() -> None:
    steps("branches")
    old = git("rev-parse", "migrate/02-three")
    Path("app.py").write_text("aaa = 2\n", encoding="utf-8")
    commit("second")
    steps("branches")

    assert git("show", "migrate/02-three:app.py") == "ccc = 2"
    assert git("rev-parse", "migrate/02-three") != old


@pytest.mark.usefixtures("team")
def test_a_branch_that_somebody_went_on_from_is_not_written_over() -> None:
    steps("branches")
    git("checkout", "--quiet", "migrate/00-one")
    Path("app.py").write_text("mine = 1\n", encoding="utf-8")
    commit("mine")
    git("checkout", "--quiet", "main")
    tip = git("rev-parse", "migrate/00-one")

    with pytest.raises(CompareError, match="ends in a commit that is not the kit's"):
        steps("branches")
    assert git("rev-parse", "migrate/00-one") == tip


@pytest.mark.usefixtures("team")
def test_a_dirty_tree_is_refused() -> None:
    Path("app.py").write_text("changed = 1\n", encoding="utf-8")

    with pytest.raises(CompareError, match=r"has changes that are not committed:\n  app.py"):
        steps("branches")
    assert not git("branch", "--list", "migrate/*")


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CompareError, match="lies in no git repository"):
        steps("branches")


@pytest.mark.usefixtures("team")
def test_a_check_that_is_red_before_anything_changed_stops() -> None:
    check = f"{sys.executable} -c \"print('it was broken'); raise SystemExit(1)\""

    with pytest.raises(CompareError, match=r"(?s)fails before anything was changed.*it was broken"):
        steps("branches", "--check", check)
    assert not git("branch", "--list", "migrate/*")


@pytest.mark.usefixtures("team")
def test_a_check_that_turns_red_stops_there_and_keeps_what_was_green() -> None:
    check = f"{sys.executable} -c \"assert 'ccc' not in open('app.py').read(), 'no c here'\""

    with pytest.raises(CompareError, match=r"(?s)fails after step 2, three.*no c here"):
        steps("branches", "--check", check)
    assert git("branch", "--list", "--format=%(refname:short)", "migrate/*").split() == [
        "migrate/00-one",
        "migrate/01-two",
    ]
    assert "+ccc = 1" in Path(".compare/steps/02-three.diff").read_text(encoding="utf-8")
    assert not git("status", "--porcelain")


def test_a_check_runs_on_the_branch_and_not_on_what_is_installed(team: Path) -> None:
    check = f"{sys.executable} -c \"import app; assert '{team}' not in app.__file__\""

    assert "check passed" in steps("branches", "--check", check)


@pytest.mark.usefixtures("team")
def test_what_git_ignores_is_there_for_the_check_and_on_no_branch() -> None:
    Path(".gitignore").write_text(".env/\n", encoding="utf-8")  # a link is no folder: this pattern does not hold for it
    commit("ignore")
    Path(".env").mkdir()
    Path(".env/secret").write_text("1", encoding="utf-8")
    steps("branches", "--check", f"{sys.executable} -c \"open('.env/secret')\"")

    assert git("ls-tree", "-r", "--name-only", "migrate/02-three").split() == [".gitignore", "app.py"]


def by_hand(text: str, branch: str = "00-one") -> None:
    """An edit by hand of a step, in the team's repository."""
    Path("compare.toml").write_text('[steps]\nby_hand = "hands"\n', encoding="utf-8")
    Path(f"hands/{branch}").mkdir(parents=True)
    Path(f"hands/{branch}/note.patch").write_text(text, encoding="utf-8")
    commit("by hand")


PATCH = "--- a/app.py\n+++ b/app.py\n@@ -1 +1,2 @@\n bbb = 1  # as it was\n+more = 2\n"


@pytest.mark.usefixtures("team")
def test_an_edit_by_hand_belongs_to_its_step() -> None:
    by_hand(f"Reason: nobody can know.\n{PATCH}")
    steps("branches")

    assert git("show", "migrate/00-one:app.py") == "bbb = 1  # as it was\nmore = 2"
    assert "Edits by hand: 1." in git("show", "--no-patch", "--format=%B", "migrate/00-one")


@pytest.mark.usefixtures("team")
def test_edits_by_hand_may_be_all_that_there_is_of_a_step() -> None:
    new = "--- /dev/null\n+++ b/fast/new.py\n@@ -0,0 +1 @@\n+bbb = 3\n"
    by_hand(f"Reason: it was measured.\ndiff --git a/fast/new.py b/fast/new.py\nnew file mode 100644\n{new}", "01-two")
    steps("branches")

    assert git("diff", "--name-only", "migrate/00-one", "migrate/01-two") == "fast/new.py"
    assert git("log", "-1", "--format=%s", "migrate/01-two") == "Change nothing"


@pytest.mark.usefixtures("team")
def test_an_edit_by_hand_gives_its_reason() -> None:
    by_hand(PATCH)

    with pytest.raises(CompareError, match="gives no reason"):
        steps("branches")


@pytest.mark.usefixtures("team")
def test_an_edit_by_hand_that_is_no_longer_needed_is_an_error() -> None:
    by_hand("Reason: once.\n--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-aaa = 1  # as it was\n+bbb = 1  # as it was\n")

    with pytest.raises(CompareError, match="is no longer needed"):
        steps("branches")


@pytest.mark.usefixtures("team")
def test_an_edit_by_hand_that_fits_no_more_is_named() -> None:
    by_hand("Reason: once.\n--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-zzz = 1\n+yyy = 1\n")

    with pytest.raises(CompareError, match="does not fit what the step makes"):
        steps("branches")


@pytest.mark.usefixtures("team")
def test_bytes_that_no_step_touches_stay() -> None:
    Path("app.py").write_bytes(b"\xef\xbb\xbfaaa = 1\r\nb = '\xc3\xa9'")
    commit("windows")
    steps("branches", "--until", "0")
    shown = subprocess.run(["git", "show", "migrate/00-one:app.py"], capture_output=True, check=True).stdout

    assert shown == b"\xef\xbb\xbfbbb = 1\r\nb = '\xc3\xa9'"


@pytest.mark.usefixtures("team")
def test_a_file_that_is_no_python_leaves_the_others_be_done() -> None:
    Path("old.py").write_text("print 'aaa'\n", encoding="utf-8")
    commit("old")
    steps("branches")

    assert git("show", "migrate/00-one:app.py") == "bbb = 1  # as it was"
    assert git("show", "migrate/00-one:old.py") == "print 'aaa'"


@pytest.mark.usefixtures("team")
def test_a_plan_writes_nothing() -> None:
    before = everything()
    told = steps("plan")

    assert "0 one: Write b for a\n  1 file, 1 places" in told
    assert not git("branch", "--list", "migrate/*")
    assert everything() == before


@pytest.mark.usefixtures("team")
def test_one_step_is_done_to_the_files_as_they_lie_there() -> None:
    steps("apply", "0")

    assert Path("app.py").read_text(encoding="utf-8") == "bbb = 1  # as it was\n"


@pytest.mark.usefixtures("team")
def test_a_difference_can_be_looked_at_first() -> None:
    before = everything()

    assert "-aaa = 1  # as it was\n+bbb = 1  # as it was\n" in steps("apply", "0", "--dry-run")
    assert everything() == before


@pytest.mark.usefixtures("team")
def test_the_list_shows_which_branches_there_are() -> None:
    steps("branches", "--until", "0")
    first, second, _ = steps("list").splitlines()

    assert first.endswith(f"[{git('rev-parse', 'migrate/00-one')[:10]}]")
    assert not second.endswith("]")


@pytest.mark.usefixtures("team")
def test_a_step_that_wants_a_trace_has_the_check_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look(project: Project) -> Outcome:
        assert project.trace is not None
        seen.extend(load(project.trace).lines["app.py"].ran)
        return Outcome()

    Path("app.py").write_text("def f():\n    aaa = 1\n    return aaa\n", encoding="utf-8")
    commit("a function")
    monkeypatch.setattr(command, "STEPS", (STEPS[0], Step(1, "look", "Look", "Because.", look, traced=True)))
    steps("branches", "--check", f"{sys.executable} -c 'import app; app.f()'")

    assert seen == [2, 3]
