"""What a generated value looks like: uuids, times, opaque tokens, signed values, numbers in text.

Nothing here decides whether two values may stand for each other; it only says what a text is.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from operator import ne
from urllib.parse import unquote

UUID = r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])"
_COLON, _PLUS = r"(?::|%3A)", r"(?:\+|%2B)"
TIME = (
    rf"(?<![0-9A-Za-z])\d{{4}}-\d\d-\d\d[T ]\d\d{_COLON}\d\d(?:{_COLON}\d\d(?:[.,]\d{{1,9}})?)?"
    rf"(?:Z|(?:{_PLUS}|-)\d\d(?:{_COLON}?\d\d(?:{_COLON}\d\d)?)?)?(?![0-9A-Za-z])"
)
HTTP_DATE = r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT"
DATE = r"(?<![0-9A-Za-z-])\d{4}-\d\d-\d\d(?![0-9A-Za-z-])"
SIGNED = r"(?<![\w.])[A-Za-z0-9_\-+/=]{8,}\.[A-Za-z0-9_\-=]{6,}\.[A-Za-z0-9_\-]{20,}(?![\w.])"
DECIMAL = r"(?<![\w.])-?\d+\.\d+(?=(?:ms|s)\b|(?![\w.]))|(?<![\w.])\d+(?=\s?ms\b)"
EMBEDDED = re.compile(
    f"(?P<uuid>{UUID})|(?P<time>{TIME})|(?P<http>{HTTP_DATE})|(?P<date>{DATE})|(?P<signed>{SIGNED})|(?P<decimal>{DECIMAL})"
)

HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
BASE36 = re.compile(r"[0-9a-z]+|[0-9A-Z]+")
BASE64 = re.compile(r"[A-Za-z0-9_\-+/.~]+={0,2}")
LONGEST_TOKEN = 1024  # beyond this it is content, not a token
EXACT_DIGITS = 4  # of a fraction of a second, from which on two events do not share a value
_CLASSES = "".join(
    "d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "m" for c in map(chr, range(128))
)
QUARTER = 15 * 60 * 1_000_000  # every time zone's offset is a multiple of it, in microseconds


@dataclass(frozen=True)
class Moment:
    """A point in time as text wrote it.

    `micros` counts from 1970 (UTC, or the naive reading); `zone` is the notation, '' for a naive time; `form` is
    everything else that a client could trip over: separator, seconds, whether there is a fraction.
    """

    micros: int
    zone: str
    form: str
    digits: int

    @property
    def exact(self) -> bool:
        """Whether the text is fine enough to tell any two events apart."""
        return self.digits >= EXACT_DIGITS and self.micros % 1000 != 0


@functools.lru_cache(maxsize=4096)  # a row's text is looked at several times
def moment(text: str) -> Moment | None:
    """ISO 8601, PostgreSQL's text of a timestamp, or an HTTP date; None for anything else."""
    if text[:1].isalpha():
        try:
            parsed = parsedate_to_datetime(text.replace("-", " "))
        except ValueError:
            return None
        return Moment(_micros(parsed), "GMT", "http", 0)
    plain = unquote(text).replace(",", ".")
    try:
        parsed = datetime.fromisoformat(plain)
    except ValueError:
        return None
    clock = plain[11:]
    zone = re.search(r"(?:Z|[+-]\d\d(?::?\d\d)*)$", clock)
    bare = clock[: zone.start()] if zone else clock
    whole, dot, fraction = bare.partition(".")
    form = f"{plain[10:11]}{whole.count(':')}{dot}{'%' if '%' in text else ''}"
    return Moment(_micros(parsed), zone[0] if zone else "", form, len(fraction))


def _micros(value: datetime) -> int:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def uuid_form(text: str) -> tuple[str, str]:
    """What two uuids must share: case and version."""
    digits = text.replace("-", "")
    case = "lower" if digits == digits.lower() else "upper" if digits == digits.upper() else "mixed"
    return case, digits[12]


def canonical(text: str) -> str:
    """One spelling for a uuid or hexadecimal token wherever it turns up; other tokens stay as they are."""
    bare = text.replace("-", "") if len(text) == 36 else text  # noqa: PLR2004 - a uuid with dashes
    return bare.lower() if HEX.fullmatch(bare.lower()) else text


def alike_tokens(one: str, other: str) -> bool:
    """Whether both look like random tokens of one make: same alphabet, same length, little in common by position."""
    if max(len(one), len(other)) > LONGEST_TOKEN:
        return False
    shared = sum(a == b for a, b in zip(one, other, strict=False))
    if shared > 0.6 * min(len(one), len(other)):
        return False
    if len(one) == len(other) and _one_case(one, other, HEX):
        return len(one) >= 8 and all(any(test(c) for c in one + other) for test in (str.isdigit, str.isalpha))  # noqa: PLR2004
    if len(one) == len(other) and _one_case(one, other, BASE36):
        return len(one) >= 16 and all("d" in _classes(text) and _changes(text) >= 0.12 for text in (one, other))  # noqa: PLR2004
    if abs(len(one) - len(other)) > 2 or not (BASE64.fullmatch(one) and BASE64.fullmatch(other)):  # noqa: PLR2004 - padding
        return False
    return min(len(one), len(other)) >= 10 and _unlike_words(one + other) and _mixed(one, other)  # noqa: PLR2004


def _one_case(one: str, other: str, alphabet: re.Pattern[str]) -> bool:
    return bool(alphabet.fullmatch(one + other))


def _classes(text: str) -> str:
    """Each character's class: digit, upper, lower or mark."""
    if text.isascii():
        return text.translate(_CLASSES)
    return "".join("d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "m" for c in text)


def _changes(text: str) -> float:
    """How often the class changes from one character to the next, 0 to 1. Chance makes 0.64 of it; words do not."""
    classes = _classes(text)
    changes: int = sum(map(ne, classes, classes[1:]))
    return changes / max(len(text) - 1, 1)


def _mixed(*texts: str) -> bool:
    """Whether capitals and small letters alternate as chance has it, over all texts; none may be all of one piece."""
    changes = [_changes(text) for text in texts]
    enough = sum(changes) / len(texts) >= 0.3 and min(changes) > 0.1  # noqa: PLR2004 - missed once in 10 000 pairs
    return enough and {"u", "l"} <= set(_classes("".join(texts)))


def _unlike_words(text: str) -> bool:
    """Whether there is a digit or two capitals in a row: CamelCase has neither."""
    return "d" in _classes(text) or "uu" in _classes(text)


def plainly_random(text: str) -> bool:
    """Whether a text with base64's marks in it is a token beyond doubt, and not a path or a phrase."""
    return 16 <= len(text) <= LONGEST_TOKEN and bool(BASE64.fullmatch(text)) and _unlike_words(text) and _mixed(text)  # noqa: PLR2004


def looks_random(text: str) -> bool:
    """Whether a single text could be a random token; used to recognise values that are there already."""
    if HEX.fullmatch(text) and len(text) >= 8:  # noqa: PLR2004
        return any(map(str.isalpha, text)) and any(map(str.isdigit, text))
    if not (10 <= len(text) <= LONGEST_TOKEN and BASE64.fullmatch(text)):  # noqa: PLR2004
        return False
    return _unlike_words(text) and _changes(text) >= 0.12  # noqa: PLR2004


def decoded_text(text: str) -> str | None:
    """The text inside base64 (either alphabet, padded or not), where it is printable; else None."""
    bare = text.rstrip("=")
    if HEX.fullmatch(bare):  # a number or a token; that it also decodes is chance
        return None
    if len(bare) < 6 or len(bare) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9_\-+/]+", bare):  # noqa: PLR2004
        return None
    try:
        raw = base64.b64decode(bare.translate(str.maketrans("-_", "+/")) + "=" * (-len(bare) % 4), validate=True)
        plain = raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return plain if plain.isprintable() else None


def signed_parts(text: str) -> tuple[str, ...] | None:
    """What a JWT or an itsdangerous value says in clear: all but the signature, which is free. None if neither."""
    first, second, _ = text.rsplit(".", 2)
    head, payload = decoded_text(first), decoded_text(second)
    if head is not None and payload is not None and head.startswith("{") and payload.startswith("{"):
        return head, payload
    stamp = _stamp(second)
    if stamp is None:
        return None
    return (head if head is not None else first), str(stamp)


def _stamp(text: str) -> int | None:
    """The seconds since 1970 that itsdangerous writes as base64 of a big-endian number."""
    try:
        seconds = int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except binascii.Error:
        return None
    return seconds if 1_000_000_000 < seconds < 5_000_000_000 else None  # noqa: PLR2004 - years 2001 to 2128


def is_json(text: str) -> bool:
    """Whether the text is a JSON object or list."""
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
