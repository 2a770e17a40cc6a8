"""Why a side did not start, in the words of the person who has to mend it."""

import re
from collections.abc import Mapping

from compare.config import SideConfig
from compare.errors import CouldNotRunError
from compare.process import Guarded

MESSAGE_LINES = 6

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


def explained(side: SideConfig, event: Mapping[str, object], process: Guarded) -> CouldNotRunError:
    """One message for a failed start: which side and app, at which stage, the reason with its place, what to do."""
    stage, output = str(event["stage"]), process.output()
    message, trace = str(event.get("message", "")), str(event.get("traceback", ""))
    lines = [f"The {side.name} app {side.app} {_STAGES[stage]}."]
    if message:
        lines += [f"  {line}" for line in message.splitlines()[:MESSAGE_LINES]]
        if place := _place(trace, str(side.directory)):
            lines.append(f"  at {place}")
    elif output:
        lines += ["Its last output:", *(f"  {line}" for line in output.splitlines()[-MESSAGE_LINES:])]
    lines.append(_advice(side, stage, message))
    return CouldNotRunError("\n".join(lines), details=f"{trace}\n{output}".strip())


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
    missing = re.match(r"ModuleNotFoundError: No module named '([^'.]+)", message)
    if stage == "import" and missing:
        if missing[1] == re.split("[.:]", side.app)[0]:
            return f"Is {side.name}.directory right? It is {side.directory}."
        return (
            f"Is {missing[1]} installed for {side.interpreter}? If another interpreter runs the app, name it in "
            f"{side.name}.python."
        )
    ran = f"It ran with {side.interpreter} in {side.directory}."
    return {
        "attribute": f"Is the part of {side.name}.app after the colon right?",
        "uvicorn": f"Run {side.interpreter} -m pip install uvicorn, or name another in {side.name}.python.",
        "timeout": f"It had {side.start_timeout:g} s. If it needs longer, set {side.name}.start_timeout.",
        "ended": ran,
    }.get(stage, f"{ran} Are {side.name}.env and the app's own settings complete?")
