"""The commands that fill the template."""

import sys
from pathlib import Path

import pytest

from compare.errors import CouldNotRunError, UsageError
from compare.postgres import Address, run_setup

ADDRESS = Address("h", 1, "u", "p", "d")


def run(commands: list[str], folder: Path, **env: str) -> None:
    """Run the commands in a folder."""
    run_setup(commands, env, python=(sys.executable,), directory=folder, address=ADDRESS)


def test_commands_run_in_order_and_python_is_the_named_interpreter(tmp_path: Path) -> None:
    (tmp_path / "seed.py").write_text("import sys; open('out', 'a').write(sys.executable + ' ' + sys.argv[1] + '\\n')")

    run(["python seed.py one", "python3 seed.py 'two words'"], tmp_path)

    assert (tmp_path / "out").read_text() == f"{sys.executable} one\n{sys.executable} two words\n"


def test_the_environment_is_expanded_for_the_database(tmp_path: Path) -> None:
    run(["python -c \"import os; open('out', 'w').write(os.environ['DB'])\""], tmp_path, DB="{async_url}")

    assert (tmp_path / "out").read_text() == ADDRESS.url("asyncpg")


def test_a_program_beside_the_interpreter_is_found(tmp_path: Path) -> None:
    run(["pytest --version"], tmp_path)


def test_a_relative_program_starts_at_the_folder(tmp_path: Path) -> None:
    script = tmp_path / "fill"
    script.write_text("#!/bin/sh\ntouch filled\n")
    script.chmod(0o755)

    run(["./fill"], tmp_path)

    assert (tmp_path / "filled").exists()


def test_a_failing_command_is_shown_with_status_and_last_output_and_stops_the_rest(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRunError) as caught:
        run(["python -c \"print('before'); raise SystemExit('no such table')\"", "touch later"], tmp_path)

    assert "failed with exit status 1" in str(caught.value)
    assert "  no such table" in str(caught.value)
    assert not (tmp_path / "later").exists()


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRunError, match="there is no program 'alembik'"):
        run(["alembik upgrade head"], tmp_path)


@pytest.mark.parametrize("command", ["echo 'open", " "])
def test_a_command_that_cannot_be_read_is_a_usage_error(command: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run([command], tmp_path)


def test_a_command_that_asks_a_question_gets_no_answer_instead_of_waiting(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRunError, match="EOFError"):
        run(['python -c "input()"'], tmp_path)
