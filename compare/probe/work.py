"""What is going on for a request, and the moment at which it comes to rest.

A request begins with the ASGI call. Tasks, threads and transactions that it opens are work of its own; when the last
of it is over, everything noted for the request is sent, as one message. The message's `state` is `rest` then;
`stalled` when nothing but open transactions is left; `asked` when compare gave up waiting; `part` when there is too
much to keep; `late` when something was noted after the rest; `unknown` when no such request is known here.
"""

from __future__ import annotations

from .current import STARTED, Event, Request, drain_into, note
from .wire import Wire

NOBODY = ""  # the id of no request

live: dict[str, Request] = {}  # by id, until they come to rest
uses: set[str] = set()  # "sqlalchemy" once the app has made an engine
_wires: list[Wire] = []  # one, once the probe is installed


def install(path: str) -> None:
    """Send what is noted to the socket at `path`."""
    _wires[:] = [Wire(path, asked)]
    drain_into(spilled)


def begin(request: Request) -> None:
    """A request reached the app."""
    live[request.id] = request
    for wire in _wires:
        wire.connect()


def enter(request: Request, key: object, kind: str, name: str = "") -> None:
    """Something of a request begins: `kind` is call, task, thread or transaction."""
    request.work[key] = (kind, name)


def leave(request: Request, key: object) -> None:
    """Something of a request is over."""
    if request.work.pop(key, None) is None or request.rested:
        return
    left = list(request.work.values())
    if not left:
        _rest(request)
    elif all(kind == "transaction" for kind, _ in left):
        _send(request, "stalled")


def _rest(request: Request) -> None:
    with request.lock:
        if request.rested or request.work:
            return
        for number in list(request.held):
            note("Pooled", request, kind="held", connection=number)
        request.rested = True
    live.pop(request.id, None)
    _send(request, "rest")


def _send(request: Request, state: str) -> None:
    for wire in _wires:
        wire.send(_message(request, state))


def _message(request: Request, state: str) -> dict[str, object]:
    """Everything noted for a request since the message before."""
    events, request.events = request.events, []
    if request.given_up and state != "asked":
        state = "late"
    return _said(request.id, state, events, request.begun - STARTED)


def _said(identity: str, state: str, events: list[Event], begun: float = 0.0) -> dict[str, object]:
    """A message. `begun` is when the times of its events begin to count, in seconds since the probe was loaded."""
    return {"id": identity, "state": state, "begun": begun, "sqlalchemy": "sqlalchemy" in uses, "events": events}


def spilled(request: Request | None, event: Event) -> None:
    """Take an event that cannot wait: of no request, of one at rest, or one too many."""
    if request is None:
        for wire in _wires:
            wire.send(
                {"id": NOBODY, "state": "late", "begun": 0.0, "sqlalchemy": "sqlalchemy" in uses, "events": [event]}
            )
    else:
        _send(request, "late" if request.rested else "part")


def asked(identity: str) -> dict[str, object]:
    """What has come so far of a request that compare gave up waiting for, and what of it still runs."""
    request = live.get(identity)
    if request is None:
        return _said(identity, "unknown", [])
    left = list(request.work.values())
    for number in list(request.held):
        note("Pooled", request, kind="held", connection=number)
    note(
        "Unfinished",
        request,
        tasks=[name for kind, name in left if kind in {"call", "task"}],
        threads=sum(kind == "thread" for kind, _ in left),
        transactions=sum(kind == "transaction" for kind, _ in left),
    )
    request.given_up = True
    return _message(request, "asked")
