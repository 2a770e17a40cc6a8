"""Git refs as sides: what is taken, what is left alone, and what is told when it cannot be done."""

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from compare.config import Config, SideConfig, load
from compare.errors import CompareError, CouldNotRunError
from compare.postgres import fill
from compare.subjects import checked_out, started
from compare.subjects.worktree import taken

from .lamps import NOWHERE, answer
from .repositories import git
from .test_process import eventually

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on PATH")

APP = """
    from shop.words import WORD
    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": WORD.encode()})
"""


def commit(repository: Path, word: str) -> None:
    """Commit an app that answers this word."""
    package = repository / "service" / "shop"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "words.py").write_text(f"WORD = {word!r}\n")
    (package / "main.py").write_text(textwrap.dedent(APP))
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", word)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a sync and an async branch of one package, a tag, and a change that is not committed."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, "sync")
    git(folder, "tag", "v1")
    git(folder, "checkout", "--quiet", "-b", "feature/async")
    commit(folder, "async")
    git(folder, "checkout", "--quiet", "main")
    commit(folder, "newest")
    (folder / "service" / "shop" / "words.py").write_text("WORD = 'not committed'\n")
    return folder


def side(repository: Path, ref: str, **settings: object) -> SideConfig:
    """A side from this ref."""
    given = {"name": "legacy", "app": "shop.main:app", "ref": ref, "directory": repository / "service"}
    return SideConfig.model_validate(given | settings)


def refusal(side: SideConfig) -> str:
    """The message with which this side is not had."""
    with pytest.raises(CompareError) as caught, started(side, NOWHERE):
        pass
    return str(caught.value)


@contextmanager
def untouched(repository: Path) -> Iterator[None]:
    """Everything of the user's repository is afterwards as it was, to the byte; the index and .git included."""

    def contents() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in repository.rglob("*") if path.is_file()}

    before = contents()
    yield
    assert contents() == before


@pytest.mark.parametrize(
    ("ref", "word"), [("main", "newest"), ("v1", "sync"), ("feature/async", "async"), ("main~1", "sync")]
)
def test_a_branch_a_tag_or_a_commit_is_served_in_place_of_the_files(repository: Path, ref: str, word: str) -> None:
    with untouched(repository), started(side(repository, ref), NOWHERE) as subject:
        assert answer(subject, "/") == word


def test_two_refs_of_one_package_are_served_at_once(repository: Path) -> None:
    with (
        started(side(repository, "v1"), NOWHERE) as legacy,
        started(side(repository, "feature/async", name="async"), NOWHERE) as async_,
    ):
        assert (answer(legacy, "/"), answer(async_, "/")) == ("sync", "async")


def test_a_linked_work_tree_and_a_folder_behind_a_link_are_had_too(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "feature/async")
    (tmp_path / "link").symlink_to(tmp_path / "linked")

    with untouched(repository), taken(side(tmp_path / "link", "v1")) as found:
        assert (found.directory / "shop" / "words.py").read_text() == "WORD = 'sync'\n"


def test_variables_of_a_git_hook_lead_nowhere_else(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")

    with taken(side(repository, "v1")) as found:
        assert found.title == "shop.main:app of v1"


def test_hooks_of_the_user_are_not_run(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[core]\nhooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))

    with taken(side(repository, "v1")):
        assert not (tmp_path / "ran").exists()


def test_the_work_tree_is_gone_afterwards(repository: Path) -> None:
    with taken(side(repository, "v1")) as found:
        assert found.tree is not None
        assert found.tree.is_dir()

    assert not found.tree.parent.exists()


def test_the_work_tree_is_gone_after_a_kill(repository: Path) -> None:
    script = f"""
import os
from pathlib import Path
from compare.config import SideConfig
from compare.subjects.worktree import taken
with taken(SideConfig(name="async", app="shop.main:app", ref="v1", directory=Path({str(repository)!r}))) as side:
    print(side.tree, flush=True)
    os.kill(os.getpid(), 9)
"""
    with untouched(repository):
        killed = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False
        )

        assert killed.stdout
        assert eventually(lambda: not Path(killed.stdout.strip()).parent.exists())


def test_a_ref_that_does_not_exist_is_told_with_the_nearest_names(repository: Path) -> None:
    message = refusal(side(repository, "feature/asink"))

    assert message.startswith("legacy.ref = 'feature/asink': the repository in ")
    assert "has no branch, tag or commit 'feature/asink'; did you mean feature/async?" in message
    assert "there are feature/async, main, v1" in refusal(side(repository, "--all"))


def test_a_branch_that_only_a_remote_has_is_offered(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), "fresh")

    assert "did you mean origin/feature/async?" in refusal(side(tmp_path / "fresh", "feature/async"))


def test_a_folder_outside_of_any_repository_is_told(tmp_path: Path) -> None:
    assert "lies in no git repository" in refusal(side(tmp_path, "main"))


def test_a_missing_git_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "There is no git on PATH" in refusal(side(repository, "main"))


def test_a_folder_that_the_ref_has_not_is_told(repository: Path) -> None:
    absent = side(repository, "v1", directory=repository / "service" / "later")

    assert "legacy.directory: v1 holds no folder service/later" in refusal(absent)


def test_commands_prepare_the_work_tree_before_it_is_served(repository: Path) -> None:
    prepare = ["python -c \"open('shop/words.py', 'w').write('WORD = \\'prepared\\'')\""]

    with untouched(repository), started(side(repository, "v1", prepare=prepare), NOWHERE) as subject:
        assert answer(subject, "/") == "prepared"


def test_prepare_does_not_see_compares_own_virtual_environment(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    prepare = ["python -c \"import os; exit('VIRTUAL_ENV' in os.environ)\""]

    with taken(side(repository, "v1", prepare=prepare)):
        pass


def test_a_failing_preparation_is_told_with_its_output(repository: Path) -> None:
    message = refusal(side(repository, "v1", prepare=["python -c \"exit('no wheel for lamp')\""]))

    assert "The legacy.prepare command" in message
    assert "no wheel for lamp" in message


def test_an_interpreter_that_the_preparation_makes_is_used(repository: Path) -> None:
    prepare = "python -m venv --without-pip --system-site-packages .venv"

    with taken(side(repository, "v1", prepare=prepare, python=".venv/bin/python")) as found:
        assert found.interpreter == (str(found.directory / ".venv" / "bin" / "python"),)


def test_an_interpreter_that_is_nowhere_is_told(repository: Path) -> None:
    message = refusal(side(repository, "v1", python=".venv/bin/python"))

    assert "legacy.python = '.venv/bin/python': there is no such interpreter in the work tree of v1, nor in" in message
    assert 'prepare = ["uv sync"]' in message


def test_the_interpreter_of_the_checkout_serves_where_the_work_tree_has_none(repository: Path) -> None:
    place = repository / "service" / ".venv" / "bin"
    place.mkdir(parents=True)
    (place / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (place / "python").chmod(0o755)

    with started(side(repository, "v1", python=".venv/bin/python"), NOWHERE) as subject:
        assert answer(subject, "/") == "sync"


def test_an_app_that_comes_from_the_checkout_and_not_from_the_ref_is_refused(repository: Path) -> None:
    """As an editable installation of a project with its package in src does it: silently the wrong code."""
    git(repository, "mv", "service/shop", "service/src")
    (repository / "service" / "src").rename(repository / "shop")
    (repository / "service" / "src").mkdir()
    (repository / "shop").rename(repository / "service" / "src" / "shop")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "src layout")
    env = {"PYTHONPATH": str(repository / "service" / "src")}

    message = refusal(side(repository, "main", env=env))

    assert f"was imported from {repository}/service/src/shop/main.py, and not from what main holds" in message
    assert "editable" in message
    with started(side(repository, "main", env={"PYTHONPATH": "src"}), NOWHERE) as subject:
        assert answer(subject, "/") == "not committed"


def test_what_is_not_carried_over_is_said_where_the_start_fails(repository: Path) -> None:
    (repository / ".gitmodules").touch()
    (repository / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (repository / "service" / "shop" / "main.py").write_text("import absent_package\n")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "broken")

    message = refusal(side(repository, "main"))

    assert message.startswith("The legacy app shop.main:app of main cannot be imported.")
    assert "no .env, no untracked file, no submodule, pointers in place of LFS files" in message


@contextmanager
def configured(repository: Path, text: str) -> Iterator[Config]:
    """The configuration of this text, in the repository, checked out."""
    (repository / "compare.toml").write_text(text)
    with ExitStack() as stack:
        yield stack.enter_context(checked_out(load(repository / "compare.toml")))


REFS = """
[database]
setup = "python seed.py"
[legacy]
app = "shop.main:app"
directory = "service"
ref = "main"
[async]
app = "shop.main:app"
directory = "service"
ref = "feature/async"
"""


def test_a_configuration_is_checked_out_as_a_whole(repository: Path) -> None:
    with configured(repository, REFS) as config:
        words = [(side.directory / "shop" / "words.py").read_text() for side in config.sides]

        assert words == ["WORD = 'newest'\n", "WORD = 'async'\n"]
        assert [side.title for side in config.sides] == ["shop.main:app of main", "shop.main:app of feature/async"]


def test_set_up_commands_run_in_the_work_tree_of_legacy(repository: Path) -> None:
    (repository / "seed.py").write_text("print('committed'); open('seeded', 'w')")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "seed")
    (repository / "seed.py").write_text("raise SystemExit('not committed')")

    with configured(repository, REFS) as config:
        fill(config, NOWHERE)

        assert config.legacy.tree is not None
        assert (config.legacy.tree / "seeded").exists()
    assert not (repository / "seeded").exists()


def test_a_bad_ref_of_either_side_is_a_mistake_in_the_configuration(repository: Path) -> None:
    text = REFS.replace("feature/async", "feature/none")

    with pytest.raises(CouldNotRunError, match=r"async\.ref = 'feature/none'"), configured(repository, text):
        pass


def test_a_repository_that_git_cannot_copy_is_told(repository: Path) -> None:
    shutil.rmtree(repository / ".git" / "objects" / git(repository, "rev-parse", "main^{tree}")[:2])

    with pytest.raises(CouldNotRunError, match="cannot be checked out"), taken(side(repository, "main")):
        pass
