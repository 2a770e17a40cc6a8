"""Commands of the user's that run to their end, one after the other."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from compare.config import redacted
from compare.errors import CouldNotRunError
from compare.process.guarded import guarded
from compare.process.interpreter import located, words

LAST_LINES = 20


def run_commands(  # noqa: PLR0913 - what can be said about commands
    commands: Sequence[str],
    what: str,
    *,
    python: Sequence[str],
    directory: Path,
    env: Mapping[str, str],
    secrets: Collection[str] = (),
) -> None:
    """Run the commands in `directory`, without a shell.

    Args:
        commands: As typed at a prompt; `located` says how their programs are found.
        what: What one of them is called in a message: "set-up command".
        python: The command that stands for the interpreter.
        directory: The working folder.
        env: Their whole environment.
        secrets: Values that no message may show.

    Raises:
        UsageError: A command's quotes do not match, or it is empty.
        CouldNotRunError: A command cannot be started or fails.
    """
    for command in commands:
        shown = repr(redacted(command, secrets))
        typed = words(command, what)
        program = located(typed, python, directory, env["PATH"])
        if program is None:
            raise CouldNotRunError(
                f"The {what} {shown} cannot be run: there is no program {typed[0]!r} beside {python[0]}, on PATH or in "
                f"{directory}. Is it installed in that environment?",
            )
        with guarded(program, env=env, cwd=directory) as process:
            status = process.wait()
            output = redacted(process.output(), secrets)
        if status:
            last = "\n".join(f"  {line}" for line in output.splitlines()[-LAST_LINES:]) or "  (nothing)"
            raise CouldNotRunError(
                f"The {what} {shown} failed with exit status {status} in {directory}. Its last output:\n{last}",
                details=output,
            )
