"""A side that is running already, and what may be sent to it."""

import httpx

from compare.config import SideConfig
from compare.errors import CouldNotRunError
from compare.subjects.documented import OPENAPI, documented
from compare.subjects.subject import Subject

ANSWER_SECONDS = 10.0
FIRST_REFUSAL = 400
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def reached(side: SideConfig) -> Subject:
    """The side at its `url`; nothing of it is started or stopped, and nothing is known of its database.

    Raises:
        CouldNotRunError: It does not answer.
    """
    assert side.url is not None  # noqa: S101 - told to the type checker; asked for such sides only
    path = side.ready or OPENAPI
    try:
        status = httpx.get(side.url + path, timeout=ANSWER_SECONDS, trust_env=False).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CouldNotRunError(
            f"The {side.name} side at {side.url} does not answer: {str(error) or type(error).__name__}. Is it running, "
            f"and {side.name}.url right?"
        ) from error
    if side.ready is not None and status >= FIRST_REFUSAL:
        raise CouldNotRunError(
            f"The {side.name} side at {side.url} is not ready: it answered GET {path} with {status}, and "
            f"{side.name}.ready waits for less than 400."
        )
    return Subject(side.name, side.url, documented(side.url))


def refuses(side: SideConfig, method: str, *, allow_writes: bool) -> str | None:
    """Why a request must not be sent to this side; None if it may.

    What is sent to a side that is running already changes somebody's data, and no copy of it.
    """
    if side.url is None or allow_writes or method.upper() in READING:
        return None
    return (
        f"{method.upper()} is not sent to {side.url}: it may change data there, which are nobody's copy. "
        "If they may be changed, say --allow-writes, or allow_writes = true."
    )
