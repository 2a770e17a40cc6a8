"""Matching: which differing values may stand for each other, and which may not."""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from compare.verdict.clock import Clock
from compare.verdict.keys import Keys
from compare.verdict.matching import Claim, Matching


@pytest.fixture
def matching() -> Matching:
    """A run that began a second ago."""
    return Matching(Clock(time.time() - 1, longest_step=0.1))


def outcome(matching: Matching, legacy: str, async_: str) -> str | list[Claim]:
    """The kind of refusal, or the claims of what was accepted."""
    claims: list[Claim] = []
    refusal = matching.text(legacy, async_, "here", claims)
    return refusal.kind if refusal else claims


def encoded(document: object) -> str:
    """JSON in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def jwt(**claims: object) -> str:
    """A token with these claims and a signature that nobody checks."""
    return f"{encoded({'alg': 'HS256'})}.{encoded(claims)}.{secrets.token_urlsafe(32)}"


def now(**shift: float) -> str:
    """This moment, moved by a timedelta's arguments, with microseconds."""
    return (datetime.now(UTC) + timedelta(**shift)).isoformat(timespec="microseconds")


def pairs() -> Iterator[tuple[str, str]]:
    """Values made twice, as two sides make them."""
    yield str(uuid4()), str(uuid4())
    yield f"/orders/{uuid4()}/lines", f"/orders/{uuid4()}/lines"
    yield now(), now()
    yield now().replace("T", " ")[:-6] + "+00", now().replace("T", " ")[:-6] + "+00"
    yield now(days=30), now(days=30)
    yield secrets.token_hex(16), secrets.token_hex(16)
    yield "Bearer " + secrets.token_urlsafe(32), "Bearer " + secrets.token_urlsafe(32)
    yield base64.b64encode(secrets.token_bytes(32)).decode(), base64.b64encode(secrets.token_bytes(32)).decode()
    yield "pbkdf2$1000$" + secrets.token_urlsafe(40), "pbkdf2$1000$" + secrets.token_urlsafe(40)
    yield encoded({"after": 3, "id": str(uuid4())}), encoded({"after": 3, "id": str(uuid4())})
    yield jwt(sub="1", exp=int(time.time()) + 36000), jwt(sub="1", exp=int(time.time()) + 36001)
    yield f"sent at {now()} by {uuid4()}", f"sent at {now()} by {uuid4()}"


@pytest.mark.parametrize("number", range(len(list(pairs()))))
def test_values_that_were_generated_twice_are_accepted(matching: Matching, number: int) -> None:
    legacy, async_ = list(pairs())[number]
    assert outcome(matching, legacy, async_) == []


@pytest.mark.parametrize(
    ("legacy", "async_"),
    [
        ("new", "paid"),
        ("12.50", "13.50"),
        ("Ada", "Grace"),
        ("a.b@example.org", "a.c@example.org"),
        (str(uuid4()), str(uuid4()).upper()),
        (str(uuid4()), str(UUID(int=uuid4().int, version=1))),
        ("2020-01-01", "2020-01-02"),
        ("2020-01-01T10:00:00Z", "2020-01-01T10:00:01Z"),
        (now(), now(minutes=-3)),
        (jwt(sub="admin"), jwt(sub="guest")),
        (encoded({"after": "a"}), encoded({"after": "b"})),
        (f"Receipt {uuid4()}", f"Invoice {uuid4()}"),
        ("WidgetFactoryManager", "GadgetWorkshopLeader"),
        (secrets.token_hex(16), secrets.token_hex(8)),
    ],
    ids=[
        "words",
        "amounts",
        "names",
        "addresses",
        "a uuid in another case",
        "a uuid of another version",
        "dates",
        "times of long ago",
        "times that are minutes apart",
        "a token that says another thing",
        "a cursor to another row",
        "another text around a uuid",
        "words in CamelCase",
        "tokens of two lengths",
    ],
)
def test_values_that_differ_in_earnest_are_refused(matching: Matching, legacy: str, async_: str) -> None:
    assert outcome(matching, legacy, async_) == "value"


def test_a_pair_holds_wherever_the_values_turn_up(matching: Matching) -> None:
    one, other = str(uuid4()), str(uuid4())
    assert outcome(matching, one, other) == []
    assert outcome(matching, f"/x/{one}", f"/x/{other}") == []
    assert outcome(matching, one.replace("-", ""), other.replace("-", "")) == []
    assert outcome(matching, one, str(uuid4())) == "broken"
    assert outcome(matching, str(uuid4()), other) == "broken"


def test_an_equal_pair_binds_too(matching: Matching) -> None:
    one = str(uuid4())
    assert outcome(matching, one, one) == []
    assert outcome(matching, one, str(uuid4())) == "broken"


def test_a_refused_text_binds_nothing(matching: Matching) -> None:
    one, other = str(uuid4()), str(uuid4())
    assert outcome(matching, f"{one} yes", f"{other} no") == "value"
    assert outcome(matching, one, str(uuid4())) == []


def test_a_value_that_was_there_before_the_run_stands_for_itself_only(matching: Matching) -> None:
    one, other, moment = str(uuid4()), str(uuid4()), now()
    matching.learn(f"{one} {moment}")
    assert outcome(matching, one, other) == "broken"
    assert outcome(matching, other, one) == "broken"
    assert outcome(matching, moment, now()) == "value"
    assert outcome(matching, one, one) == []


def test_two_events_do_not_share_a_microsecond(matching: Matching) -> None:
    created, created_async, updated = now(), now(), now()
    assert outcome(matching, created, created_async) == []
    assert outcome(matching, updated, created_async) == "broken"


@pytest.mark.parametrize("hours", [5, -5.5, 0.25])
def test_a_time_that_is_whole_quarters_off_is_a_shift(matching: Matching, hours: float) -> None:
    assert outcome(matching, now(), now(hours=hours)) == "shift"


def test_one_moment_in_two_notations_is_a_shift(matching: Matching) -> None:
    assert outcome(matching, now(), now().replace("+00:00", "Z")) == "shift"
    assert outcome(matching, now(), now().removesuffix("+00:00")) == "shift"


def test_random_tokens_of_every_usual_make_are_recognised(matching: Matching) -> None:
    makes = [secrets.token_hex, secrets.token_urlsafe]
    tokens = [(make(size), make(size)) for make in makes for size in (16, 24, 32) for _ in range(200)]
    refused = [pair for pair in tokens if outcome(matching, *pair) != []]
    assert len(refused) <= 3


def test_numbers_that_could_be_keys_become_claims(matching: Matching) -> None:
    assert outcome(matching, "/orders/10", "/orders/11") == [(10, 11)]
    assert outcome(matching, "ORD-000010", "ORD-000011") == [(10, 11)]
    assert outcome(matching, "ORD-0010", "ORD-00011") == "value"


@pytest.mark.parametrize(
    ("where", "held"), [("header x-process-time", True), ("header x-total", False), ("/total", False)]
)
def test_a_rounded_number_is_a_duration_only_where_a_header_says_so(
    matching: Matching, where: str, *, held: bool
) -> None:
    matching.clock.longest_step = 1.0
    assert (matching.number("12.50", "13.50", where, []) is None) is held
    assert (matching.text("12.50", "13.50", where, []) is None) is held


def test_moments_and_unrounded_durations_are_accepted_as_numbers(matching: Matching) -> None:
    claims: list[Claim] = []
    start = time.time()
    assert matching.number(str(int(start)), str(int(start) + 1), "/ts", claims) is None
    assert matching.number("0.0123456789012", "0.0234567890123", "/took", claims) is None
    assert matching.number("2.3333333333333335", "2.6666666666666665", "/average", claims) is not None
    assert matching.number("0.05", "0.04", "/rate", claims) is not None
    assert claims == []


def keys(*, legacy: int, async_: int, standing: bool = True) -> Keys:
    """One sequence that stood at 5 before the run."""
    return Keys({"s": 5}, {"s": legacy}, {"s": async_}, lambda _side, _sequence, _key: standing)


def test_a_claim_holds_only_if_the_rows_say_so() -> None:
    known = keys(legacy=9, async_=9)
    assert known.pair("s", 6, 7)
    assert known.hold((6, 7))
    assert not known.hold((6, 8))
    assert not known.hold((8, 9))


def test_a_claim_on_numbers_that_no_sequence_gave_does_not_hold() -> None:
    known = keys(legacy=9, async_=12, standing=False)
    assert not known.hold((3, 4))
    assert not known.hold((8, 13))


def test_keys_of_rows_that_are_gone_hold_if_the_sequences_stand_apart() -> None:
    apart = keys(legacy=9, async_=12, standing=False)
    assert apart.hold((8, 10))
    assert not apart.hold((8, 11))
    assert not keys(legacy=9, async_=9, standing=False).hold((8, 9))
