"""The near side of the probe's socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compare.subjects.feed import KEPT, VARIABLE, Feed, ProbeSettings, announced, feeding
from compare.subjects.moments import Answering, Logged, Unfinished

from .probed.serving import WITHIN, Probed
from .test_process import eventually


@pytest.fixture
def feed() -> Iterator[Feed]:
    """A feed that nobody has reported to yet."""
    with feeding(ProbeSettings(prevent=True, seed="00ff", allow_outbound=("mail",), loop_blocked=0.5), "async") as feed:
        yield feed


def settings(feed: Feed) -> dict[str, object]:
    """What a probe is told."""
    told: dict[str, object] = json.loads(feed.environment()[VARIABLE])
    return told


@contextmanager
def speaking(feed: Feed) -> Iterator[socket.socket]:
    """A probe's end of the socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(settings(feed)["socket"]))
        yield probe


def said(identity: str, state: str, *events: object, begun: float = 0.0) -> bytes:
    """A message of a probe."""
    message = {"id": identity, "state": state, "begun": begun, "sqlalchemy": False, "events": events}
    return json.dumps(message).encode() + b"\n"


ANSWER = ("Answering", 0.5, {"kind": "end", "status": 200, "chunks": 1})


def logged(message: str, at: float = 0.0) -> tuple[str, float, dict[str, str]]:
    """The event of a log record."""
    return "Logged", at, {"level": "ERROR", "logger": "a", "message": message}


def test_a_probe_is_told_its_settings_and_a_socket_that_only_we_can_reach(feed: Feed) -> None:
    told = settings(feed)
    path = Path(str(told.pop("socket")))

    assert told == {"side": "async", "prevent": True, "seed": "00ff", "allow_outbound": ["mail"], "loop_blocked": 0.5}
    assert path.parent.stat().st_mode & 0o077 == 0


def test_the_header_carries_id_clock_and_seed() -> None:
    assert announced("r1", clock=5, seed=b"\xff") == ("x-compare-request", "r1;5;ff")
    assert announced("r1") == ("x-compare-request", "r1;0;")


def test_moments_are_sorted_by_time_over_all_messages_of_a_request(feed: Feed) -> None:
    with speaking(feed) as probe:
        probe.sendall(said("r1", "part", ANSWER) + said("r1", "rest", logged("before", 0.25)))

        trace = feed.trace("r1", WITHIN)

    assert [type(moment) for moment in trace.moments] == [Logged, Answering]
    assert trace.at_rest


def test_a_message_in_pieces_is_put_together_and_one_that_is_none_is_passed_over(feed: Feed) -> None:
    line = said("r1", "rest", ANSWER)
    with speaking(feed) as probe:
        probe.sendall(b"nonsense\n{}\n" + line[:10])
        probe.sendall(line[10:])

        assert feed.trace("r1", WITHIN).answered == 0.5


def test_an_event_that_nobody_knows_costs_only_itself(feed: Feed) -> None:
    with speaking(feed) as probe:
        probe.sendall(said("r1", "rest", ("Unheard", 0.0, {}), ("Answering", 0.1, {"sort": 1}), ANSWER))
        trace = feed.trace("r1", WITHIN)

    assert [moment.logger for moment in trace.of(Logged)] == ["compare.probe"] * 2
    assert trace.answered == 0.5


def test_what_a_request_does_after_its_trace_was_taken_belongs_to_nobody(feed: Feed) -> None:
    with speaking(feed) as probe:
        probe.sendall(said("r1", "rest", ANSWER))
        feed.trace("r1", WITHIN)
        probe.sendall(said("r1", "late", logged("straggler", 1.0), begun=10.0) + said("r2", "rest"))
        feed.trace("r2", WITHIN)

    (moment,) = feed.unattributed()
    assert (moment.at, getattr(moment, "message", "")) == (11.0, "straggler")


def test_a_process_that_dies_ends_the_waiting(feed: Feed) -> None:
    with speaking(feed) as probe:
        probe.sendall(said("r1", "part", ANSWER))
        assert eventually(lambda: feed.connected)

    trace = feed.trace("r1", within=3600)
    assert not trace.at_rest
    assert trace.answered == 0.5


def test_what_nobody_asks_for_is_dropped_in_the_end(feed: Feed) -> None:
    with speaking(feed) as probe:
        for number in range(KEPT + 10):
            probe.sendall(said(f"r{number}", "rest", ANSWER) + said("", "late", logged(str(number))))
        probe.sendall(said("last", "rest"))
        feed.trace("last", WITHIN)

        assert feed.trace(f"r{KEPT + 9}", WITHIN).answered == 0.5
        assert feed.trace("r0", within=0.01).moments == ()
        assert len(feed.unattributed()) == KEPT


def test_the_probe_is_asked_for_what_has_come_so_far(looped: Probed) -> None:
    identity, _ = looped.send("/endless")
    trace = looped.feed.trace(identity, within=0.01)

    assert trace.answered is not None
    assert len(trace.of(Unfinished)) == 1


def test_nobody_knows_a_request_that_was_never_sent(looped: Probed) -> None:
    looped.trace("/read/low")
    trace = looped.feed.trace("never sent", within=0.01)

    assert not trace.at_rest
    assert trace.moments == ()
