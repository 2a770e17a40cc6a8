"""A side that a command of the user's serves, on a loopback port that it is told."""

import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import httpx

from compare.config import SideConfig, redacted, secret_values
from compare.errors import CouldNotRunError
from compare.process import Guarded, guarded, interpreter_environment, listening, located, words
from compare.subjects.documented import OPENAPI, documented
from compare.subjects.failure import last, left_behind
from compare.subjects.feed import Feed, announced
from compare.subjects.subject import Subject

STOP_SECONDS = 5.0
LOOK = "ready"  # what the request is called that asks whether the side is ready
LOOK_SECONDS = 0.05  # between two looks
ANSWER_SECONDS = 5.0
REPORT_SECONDS = 1.0  # in which a probe reports a request that was answered
FIRST_REFUSAL = 400  # the first status that says that a path is not ready


@contextmanager
def commanded(  # noqa: PLR0913, PLR0917 - what `started` made ready
    side: SideConfig, command: str, port: int, env: Mapping[str, str], password: str, feed: Feed | None
) -> Iterator[Subject]:
    """Run the command until the block ends; it is ready when it answers.

    Args:
        side: What to serve, its ref checked out.
        command: Its command, with everything in it put in.
        port: Where it is to serve.
        env: Its environment on top of compare's own.
        password: That of its database, which no message may show.
        feed: Where a probe sends what it sees, if the command runs Python; None for no probe.

    Raises:
        CouldNotRunError: There is no such program; it ends, or does not answer there within `side.start_timeout`.
    """
    pythonpath = env.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    told = feed.injecting(pythonpath) if feed else {}
    environment = interpreter_environment(side.interpreter, {**env, **told})
    secrets = secret_values(environment | {"password": password})
    typed = words(command, f"{side.name} command")
    program = located(typed, side.interpreter, side.directory, environment["PATH"])
    if program is None:
        raise CouldNotRunError(
            f"The {side.name} command {side.title} cannot be run: there is no program {typed[0]!r} beside "
            f"{side.interpreter[0]}, on PATH or in {side.directory}. If it is installed for another interpreter, name "
            f"that in {side.name}.python."
        )
    base_url = f"http://127.0.0.1:{port}"
    with guarded(program, env=environment, cwd=side.directory, grace=STOP_SECONDS) as process:
        if (heard := _wait(side, process, base_url, dict([announced(LOOK)] if feed else []))) is not None:
            raise _explained(side, process, port, heard, secrets)
        routes = documented(base_url)
        yield Subject(side.name, base_url, routes, process, feed=_heard_of(feed), secrets=secrets)


def _heard_of(feed: Feed | None) -> Feed | None:
    """The feed, if a probe reported the request that was answered just now: a command may well run no Python."""
    if feed is None:
        return None
    feed.trace(LOOK, REPORT_SECONDS)
    return feed if feed.connected else None


def _wait(side: SideConfig, process: Guarded, base_url: str, headers: Mapping[str, str]) -> str | None:
    """Wait until the side is ready, and return None; else what was heard of it when it ended or the time was over."""
    deadline = time.monotonic() + side.start_timeout
    heard = ""
    patience = min(ANSWER_SECONDS, side.start_timeout)
    with httpx.Client(headers=headers, timeout=patience, trust_env=False) as client:
        while process.wait(LOOK_SECONDS) is None and time.monotonic() < deadline:
            try:
                status = client.get(base_url + (side.ready or OPENAPI)).status_code
            except httpx.ConnectError:
                continue
            except httpx.HTTPError as error:
                heard = f"It accepts connections there, but gives no HTTP answer ({type(error).__name__})."
                continue
            if side.ready is None or status < FIRST_REFUSAL:
                return None
            heard = f"It answered GET {side.ready} with {status}, and {side.name}.ready waits for less than 400."
    return heard


def _explained(side: SideConfig, process: Guarded, port: int, heard: str, secrets: Collection[str]) -> CouldNotRunError:
    """One message for a command that never got ready."""
    output = redacted(process.output(), secrets)
    status = process.returncode
    if status is not None:
        lines = [f"The {side.name} command {side.title} ended with exit status {status} before it answered."]
        if status == 0:
            lines.append("It must stay in the foreground.")
    else:
        lines = [f"The {side.name} command {side.title} did not answer on 127.0.0.1:{port}."]
        places = listening(process.pid)
        if heard:
            lines.append(heard)
        elif places:
            lines.append(
                f"It listens on {', '.join(places)} instead. Is {{port}} in its place, and the host 127.0.0.1?"
            )
        lines.append(f"It had {side.start_timeout:g} s. If it needs longer, set {side.name}.start_timeout.")
    if output:
        lines += last(output)
    lines.append(f"It ran in {side.directory}.")
    if side.tree is not None:
        lines.append(left_behind(side))
    return CouldNotRunError("\n".join(lines), details=output)
