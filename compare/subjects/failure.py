"""Why a side did not start, in the words of the person who has to mend it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from compare.config import SideConfig, redacted
from compare.errors import CouldNotRunError
from compare.process import guarded

MESSAGE_LINES = 6
OLDEST = (3, 10)  # that serve.py and the probe run on
ASK_SECONDS = 10.0

_VERSION = "import sys; print('compare found Python', *sys.version_info[:2])"
_NOBODYS = ("/subjects/serve.py", "/importlib/__init__.py")  # in every traceback, and never to blame
_STAGES = {
    "import": "cannot be imported",
    "attribute": "is not there",
    "factory": "cannot be made: its factory failed",
    "startup": "failed while starting up",
    "uvicorn": "cannot be served: its interpreter has no uvicorn",
    "timeout": "did not become ready",
    "ended": "ended before it was ready",
}


@dataclass(frozen=True)
class Failed:
    """A start that failed: at which stage of serve.py (or timeout, ended), with which message and traceback."""

    stage: str
    message: str = ""
    traceback: str = ""


def explained(
    side: SideConfig, failed: Failed, output: str, environment: Mapping[str, str], secrets: Collection[str]
) -> CouldNotRunError:
    """One message for a failed start: which side and app, at which stage, the reason with its place, what to do."""
    message, output = redacted(failed.message, secrets), redacted(output, secrets)
    lines = [f"The {side.name} app {side.title} {_STAGES[failed.stage]}."]
    if message:
        lines += [f"  {line}" for line in message.splitlines()[:MESSAGE_LINES]]
        if place := _place(failed.traceback, str(side.directory)):
            lines.append(f"  at {place}")
    elif output:
        lines += last(output)
    if (wrong := _interpreter(side, environment)) if failed.stage == "ended" else "":
        lines.append(wrong)
    else:
        lines.append(_advice(side, failed.stage, message))
    if side.tree is not None:
        lines.append(left_behind(side))
    return CouldNotRunError("\n".join(lines), details=redacted(f"{failed.traceback}\n{output}".strip(), secrets))


def last(output: str) -> list[str]:
    """The lines that show the last output of a program."""
    return ["Its last output:", *(f"  {line}" for line in output.splitlines()[-MESSAGE_LINES:])]


def left_behind(side: SideConfig) -> str:
    """What a work tree of compare's own has not."""
    assert side.tree is not None  # noqa: S101 - told to the type checker; asked for checked-out sides only
    missing = "no .env, no untracked file"
    if (side.tree / ".gitmodules").exists():
        missing += ", no submodule"
    attributes = side.tree / ".gitattributes"
    if attributes.exists() and "filter=lfs" in attributes.read_text(errors="replace"):
        missing += ", pointers in place of LFS files"
    return f"The work tree of {side.ref} holds what was committed there: {missing}."


def foreign(side: SideConfig, file: str) -> CouldNotRunError:
    """For an app that was imported from elsewhere than the work tree of its ref."""
    return CouldNotRunError(
        f"The {side.name} app {side.title} was imported from {file}, and not from what {side.ref} holds: the "
        f"interpreter {' '.join(side.interpreter)} has it installed, probably in editable mode.\nGive the ref an "
        f'interpreter of its own, for example with {side.name}.prepare = ["uv sync"] and {side.name}.python = '
        f'".venv/bin/python"; or let its own folder come first, with {side.name}.env = {{ PYTHONPATH = "src" }}.'
    )


def _interpreter(side: SideConfig, environment: Mapping[str, str]) -> str:
    """What is wrong with an interpreter in which serve.py did not even begin; empty if that is not the reason."""
    named = " ".join(side.interpreter)
    try:
        with guarded([*side.interpreter, "-c", _VERSION], env=environment, cwd=side.directory) as process:
            process.wait(ASK_SECONDS)
            found = re.search(r"compare found Python,? (\d+),? (\d+)", re.sub("[()']", "", process.output()))
    except CouldNotRunError as error:
        return f"{error} Is {side.name}.python right?"
    if found is None:
        return f"{named} is no Python: it does not run a Python program. Name one in {side.name}.python."
    version = int(found[1]), int(found[2])
    if version < OLDEST:
        return (
            f"{named} is Python {version[0]}.{version[1]}; compare needs {OLDEST[0]}.{OLDEST[1]} or newer to serve an "
            f"app. Name another in {side.name}.python, or serve it with a command of your own in {side.name}.command."
        )
    return ""


def _place(trace: str, directory: str) -> str | None:
    """The last line of the team's own code in a traceback; another's if there is none; None without any."""
    places = re.findall(r'File "([^"<>]+)", line (\d+)', trace)
    places = [(file, line) for file, line in places if not file.endswith(_NOBODYS)]
    own = [(file, line) for file, line in places if file.startswith(directory) and "site-packages" not in file]
    for file, line in reversed(own or places):
        return f"{file.removeprefix(directory + '/')}:{line}"
    return None


def _advice(side: SideConfig, stage: str, message: str) -> str:
    """What to do next."""
    python = " ".join(side.interpreter)
    missing = re.match(r"ModuleNotFoundError: No module named '([^'.]+)", message)
    if stage == "import" and missing:
        if missing[1] == re.split("[.:]", side.app or "")[0]:
            return f"Is {side.name}.directory right? It is {side.directory}."
        return (
            f"Is {missing[1]} installed for {python}? If another interpreter runs the app, name it in "
            f"{side.name}.python."
        )
    ran = f"It ran with {python} in {side.directory}."
    return {
        "attribute": f"Is the part of {side.name}.app after the colon right?",
        "uvicorn": f"Run {python} -m pip install uvicorn, or name another in {side.name}.python.",
        "timeout": f"It had {side.start_timeout:g} s. If it needs longer, set {side.name}.start_timeout.",
        "ended": ran,
    }.get(stage, f"{ran} Are {side.name}.env and the app's own settings complete?")
