"""The response layer: status, headers, cookies and body of two answers to one request."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from compare.subjects.moments import Answering
from compare.verdict import document
from compare.verdict.answer import NO_JSON
from compare.verdict.difference import Difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.verdict.answer import Answer
    from compare.verdict.evidence import Pair
    from compare.verdict.matching import Claim, Matching

# Made by the HTTP server or about one connection (RFC 9110, 7.6.1), so they say nothing about the application.
TRANSPORT = frozenset({"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length"})
APART = frozenset({"content-type", "set-cookie"})  # compared by functions of their own
ABSENT = "(absent)"
STREAMED = 3  # pieces of a body that was not built as a whole
REDIRECT, REFUSED = 300, 400  # the first status of each class
LINE_DIFFERENCES = 5  # of a text body that are spelled out


def compare_responses(pair: Pair) -> Iterator[Difference]:
    """Every difference between what came over the wire, and in how it was handed over."""
    found = compare_answers(pair.legacy.answer, pair.async_.answer, pair.matching)
    yield from found
    if "RES009" not in {difference.code for difference in found}:
        yield from _streaming(pair)


def _streaming(pair: Pair) -> Iterator[Difference]:
    """RES009 where the headers look alike, but one side hands over its body in one piece and the other in many."""
    traces = pair.legacy.trace, pair.async_.trace
    if pair.legacy.answer.status != pair.async_.answer.status or traces[0] is None or traces[1] is None:
        return
    counts = [max((moment.chunks for moment in trace.of(Answering)), default=0) for trace in traces if trace]
    if min(counts) <= 1 and max(counts) >= STREAMED:
        told = [f"{count} pieces" if count > 1 else "one piece" for count in counts]
        yield Difference("RES009", "body", told[0], told[1])


def compare_answers(legacy: Answer, async_: Answer, matching: Matching) -> list[Difference]:
    """Every difference between two answers. An answer that never came is one difference, and the only one."""
    if legacy.status is None or async_.status is None:
        if legacy.status is async_.status:
            return [Difference("RUN002", "answer", legacy.failure, async_.failure)]
        return [Difference("RES011", "answer", _outcome(legacy), _outcome(async_))]
    found = []
    failed = max(legacy.status, async_.status) >= REFUSED  # how is the error layer's business
    if legacy.status != async_.status:
        if not failed:
            found.append(Difference("RES001", "status", str(legacy.status), str(async_.status)))
        if legacy.status // 100 != async_.status // 100:
            return found  # a success and a failure have nothing else in common
    found += _headers(legacy, async_, matching)
    found += _cookies(legacy, async_, matching)
    if legacy.broken != async_.broken and not (legacy.broken and async_.broken):
        whole = "whole"
        found.append(Difference("RES019", "body", legacy.broken or whole, async_.broken or whole))
    elif not failed:
        found += compare_bodies(legacy, async_, matching)
    return found


def _outcome(answer: Answer) -> str:
    return answer.failure or f"status {answer.status}"


def _headers(legacy: Answer, async_: Answer, matching: Matching) -> Iterator[Difference]:
    names = {key.lower(): key for key, _ in (*async_.headers, *legacy.headers)}
    for name in sorted(names.keys() - TRANSPORT - APART):
        where = f"header {name}"
        for ours, theirs in zip_longest(legacy.values(name), async_.values(name)):
            if ours is None or theirs is None:
                yield Difference("RES002", where, _or_absent(ours), _or_absent(theirs))
            elif name == "server-timing":
                if _metrics(ours) != _metrics(theirs):
                    yield Difference("RES002", where, shown(ours), shown(theirs))
            else:
                redirects = name == "location" and all(
                    REDIRECT <= (answer.status or 0) < REFUSED for answer in (legacy, async_)
                )
                yield from _texts(ours, theirs, where, matching, "RES018" if redirects else "RES002")
    ours_type, theirs_type = legacy.media_type, async_.media_type
    if ours_type != theirs_type:
        given = [(answer.values("content-type") or [ABSENT])[0] for answer in (legacy, async_)]
        yield Difference("RES008", "header content-type", given[0], given[1])
    framed = ["content-length" if answer.values("content-length") else "chunked" for answer in (legacy, async_)]
    if framed[0] != framed[1] and all(
        answer.values("content-length") or _chunked(answer) for answer in (legacy, async_)
    ):
        yield Difference("RES009", "header content-length", framed[0], framed[1])


def _or_absent(value: str | None) -> str:
    return ABSENT if value is None else shown(value)


def _chunked(answer: Answer) -> bool:
    return "chunked" in ",".join(answer.values("transfer-encoding")).lower()


def _metrics(value: str) -> str:
    """A Server-Timing header without its measurements."""
    return re.sub(r"dur=[\d.]+", "dur=", value)


def _cookies(legacy: Answer, async_: Answer, matching: Matching) -> Iterator[Difference]:
    for ours, theirs in zip_longest(legacy.values("set-cookie"), async_.values("set-cookie")):
        mine, other = _attributes(ours), _attributes(theirs)
        name = next(iter(mine or other), "")
        for key in [*mine, *(key for key in other if key not in mine)]:
            where = f"cookie {name}" if key == name else f"cookie {name}, {key or 'name'}"
            left, right = mine.get(key), other.get(key)
            if left is None or right is None:
                yield Difference("RES014", where, _or_absent(left), _or_absent(right))
            else:
                yield from _texts(left, right, where, matching, "RES014")


def _attributes(cookie: str | None) -> dict[str, str]:
    """A Set-Cookie value: the cookie itself first, then its attributes by lower-case name."""
    if cookie is None:
        return {}
    first, *rest = cookie.split(";")
    name, _, value = first.partition("=")
    pairs = [part.strip().partition("=") for part in rest]
    return {name.strip(): value.strip(), **{key.lower(): setting for key, _, setting in pairs if key}}


def _texts(legacy: str, async_: str, where: str, matching: Matching, code: str) -> Iterator[Difference]:
    claims: list[Claim] = []
    refusal = matching.text(legacy, async_, where, claims)
    if refusal is not None:
        yield Difference.of(refusal, where, legacy, async_, plain=code)
    elif claims:
        yield Difference(code, where, shown(legacy), shown(async_), claims=tuple(claims))


def compare_bodies(legacy: Answer, async_: Answer, matching: Matching) -> Iterator[Difference]:
    """Every difference between two bodies: as JSON, as lines of text, or as bytes."""
    ours, theirs = legacy.text, async_.text
    if ours is None or theirs is None:
        if legacy.body != async_.body:
            yield _binary(legacy.body, async_.body)
        return
    if legacy.json is not NO_JSON and async_.json is not NO_JSON:
        yield from document.compare_documents(legacy.json, async_.json, matching)
        return
    yield from _lines(ours, theirs, matching)


def _binary(legacy: bytes, async_: bytes) -> Difference:
    pairs = enumerate(zip(legacy, async_, strict=False))
    offset = next((index for index, (a, b) in pairs if a != b), min(len(legacy), len(async_)))
    views = [f"{len(body)} bytes, from {offset}: {body[offset : offset + 16].hex(' ')}" for body in (legacy, async_)]
    return Difference("RES013", "body", views[0], views[1], f"the first byte that differs is at offset {offset}")


def _lines(legacy: str, async_: str, matching: Matching) -> Iterator[Difference]:
    """Text line by line; a line that is JSON on both sides is compared as JSON (NDJSON, event streams)."""
    ours, theirs = legacy.splitlines(keepends=True), async_.splitlines(keepends=True)
    told = 0
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), 1):
        for difference in _line(mine, other, f"body line {number}", matching):
            yield difference
            told += not difference.claims
        if told >= LINE_DIFFERENCES:
            return
    if len(ours) != len(theirs):
        common = min(len(ours), len(theirs))
        views = [
            f"{len(side)} lines" + (f"; line {common + 1}: {shown(side[common])}" if side[common:] else "")
            for side in (ours, theirs)
        ]
        yield Difference("RES013", "body", views[0], views[1], f"{len(ours)} lines on legacy, {len(theirs)} on async")


def _line(legacy: str, async_: str, where: str, matching: Matching) -> Iterator[Difference]:
    if legacy != async_ and legacy.startswith(("{", "[")) and async_.startswith(("{", "[")):
        try:
            documents = document.parse(legacy), document.parse(async_)
        except ValueError:
            pass
        else:
            found = document.compare_documents(*documents, matching)
            yield from (difference.under(f"{where} ") for difference in found)
            return
    yield from _texts(legacy, async_, where, matching, "RES013")
