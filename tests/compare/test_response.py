"""The response layer: what counts as a difference between two answers, and where it is said to be."""

import dataclasses
import json
import time
from uuid import uuid4

import pytest

from compare.verdict.answer import Answer
from compare.verdict.clock import Clock
from compare.verdict.difference import Difference
from compare.verdict.matching import Matching
from compare.verdict.response import compare_answers


def answer(body: bytes | str = b"", kind: str = "application/json", *, status: int = 200, **headers: str) -> Answer:
    """An answer as uvicorn would give it."""
    content = body.encode() if isinstance(body, str) else body
    own = {key.replace("_", "-"): value for key, value in headers.items()}
    given = {"content-type": kind, "content-length": str(len(content)), **own}
    return Answer(status, tuple((key, value) for key, value in given.items() if value), content)


def made(headers: dict[str, str]) -> Answer:
    """An empty answer with these headers."""
    given = dict(headers)
    return answer("", given.pop("kind", "application/json"), status=200, **given)


def compared(legacy: Answer, async_: Answer) -> list[Difference]:
    """The differences, in a fresh run."""
    return compare_answers(legacy, async_, Matching(Clock(time.time(), 0.1)))


def codes(legacy: Answer, async_: Answer) -> list[tuple[str, str]]:
    """Code and place of every difference."""
    return [(difference.code, difference.where) for difference in compared(legacy, async_)]


@pytest.mark.parametrize(
    ("legacy", "async_", "code", "where"),
    [
        ('{"a": 1}', '{"a": 2.5}', "RES003", "/a"),
        ('{"a": {"b": ["x"]}}', '{"a": {"b": ["y"]}}', "RES003", "/a/b/0"),
        ('{"a": true}', '{"a": false}', "RES003", "/a"),
        ('{"a": 1}', '{"a": "1"}', "RES004", "/a"),
        ('{"a": 1}', '{"a": true}', "RES004", "/a"),
        ('{"a": null}', '{"a": []}', "RES004", "/a"),
        ('{"a": 1, "b": 2}', '{"a": 1}', "RES005", "/b"),
        ('{"a": 1}', '{"a": 1, "b/c": 2}', "RES005", "/b~1c"),
        ('{"a": 1, "a": 2}', '{"a": 2}', "RES005", "/"),
        ("[1, 2]", "[1]", "RES006", "/"),
        ('["x", "y"]', '["y", "x"]', "RES006", "/"),
        ('[{"n": 1, "a": "x", "b": "y"}]', '[{"n": 2, "a": "z", "b": "w"}]', "RES006", "/"),
        ('[{"n": 1, "a": "x", "b": "y"}]', '[{"n": 1, "a": "x", "b": "w"}]', "RES003", "/0/b"),
        ('{"n": 1, "a": "x"}', '{"n": 1, "a": "z"}', "RES003", "/a"),
        ('{"a": 1.10}', '{"a": 1.1}', "RES007", "/a"),
        ('{"a": 1}', '{"a": 1.0}', "RES007", "/a"),
        ("not json", "not yaml", "RES013", "body line 1"),
    ],
)
def test_a_json_body_is_compared_with_its_types(legacy: str, async_: str, code: str, where: str) -> None:
    assert codes(answer(legacy), answer(async_)) == [(code, where)]


def test_the_order_of_keys_is_no_difference() -> None:
    assert codes(answer('{"a": 1, "b": 2}'), answer('{"b": 2, "a": 1}')) == []


def test_a_list_of_other_length_shows_the_item_that_is_missing() -> None:
    (difference,) = compared(answer('[{"n": "x"}, {"n": "y"}]'), answer('[{"n": "y"}]'))
    assert difference.legacy == '2 items, only here: {"n": "x"}'


def test_generated_values_match_across_body_and_headers() -> None:
    one, other, third = (str(uuid4()) for _ in range(3))
    legacy = answer(json.dumps({"id": one}), location=f"/orders/{one}")
    assert codes(legacy, answer(json.dumps({"id": other}), location=f"/orders/{other}")) == []
    assert codes(legacy, answer(json.dumps({"id": other}), location=f"/orders/{third}")) == [("RES010", "/id")]


def test_a_side_may_name_its_own_address() -> None:
    legacy = Answer(201, (("location", "http://127.0.0.1:40001/a"),), authority="127.0.0.1:40001")
    async_ = Answer(201, (("location", "http://127.0.0.1:40002/a"),), authority="127.0.0.1:40002")
    assert codes(legacy, async_) == []


def test_another_status_class_is_the_only_thing_said() -> None:
    assert codes(answer("{}"), answer("{}", status=302, x="y")) == [("RES001", "status")]


def test_a_status_that_is_an_error_is_left_to_the_error_layer() -> None:
    assert codes(answer("{}"), answer('{"detail": "x"}', status=500, x="y")) == []
    assert codes(answer('{"detail": "y"}', status=404), answer('{"detail": "x"}', status=404)) == []


def test_another_redirect_target_is_no_mere_header() -> None:
    legacy, async_ = answer("", status=303, location="/a"), answer("", status=303, location="/b")
    assert codes(legacy, async_) == [("RES018", "header location")]


def test_a_body_that_broke_off_is_the_only_thing_said_of_it() -> None:
    legacy = answer('{"a": 1}')
    assert codes(legacy, dataclasses.replace(legacy, body=b'{"a"', broken="broke off")) == [("RES019", "body")]


def test_json_null_is_a_document_of_its_own() -> None:
    assert codes(answer("null"), answer('{"a": 1}')) == [("RES004", "/")]


@pytest.mark.parametrize(
    ("legacy", "async_", "expected"),
    [
        ({"x_a": "1"}, {}, [("RES002", "header x-a")]),
        ({"x_a": "one"}, {"x_a": "two"}, [("RES002", "header x-a")]),
        ({"date": "now"}, {"date": "then"}, []),
        ({"kind": "text/html"}, {"kind": "text/plain"}, [("RES008", "header content-type")]),
        ({"kind": "text/html; charset=utf-8"}, {"kind": "text/html"}, [("RES008", "header content-type")]),
        ({"content_length": "", "transfer_encoding": "chunked"}, {}, [("RES009", "header content-length")]),
        ({"set_cookie": "a=b; HttpOnly"}, {"set_cookie": "a=b"}, [("RES014", "cookie a, httponly")]),
        ({"set_cookie": "a=b"}, {"set_cookie": "a=c"}, [("RES014", "cookie a")]),
        ({"set_cookie": "a=b; path=/"}, {"set_cookie": "a=b; Path=/"}, []),
        ({"server_timing": "db;dur=1.2"}, {"server_timing": "db;dur=3.4"}, []),
        ({"x_process_time": "0.0012"}, {"x_process_time": "0.0034"}, []),
    ],
)
def test_headers_are_compared_by_what_they_mean(
    legacy: dict[str, str], async_: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert codes(made(legacy), made(async_)) == expected


def test_text_is_compared_line_by_line() -> None:
    legacy, async_ = answer("a\nb\nc\n", kind="text/csv"), answer("a\nx\nc\n", kind="text/csv")
    assert codes(legacy, async_) == [("RES013", "body line 2")]
    assert codes(legacy, answer("a\nb\n", kind="text/csv")) == [("RES013", "body")]


def test_lines_of_json_are_compared_as_json() -> None:
    legacy, async_ = '{"a": 1}\n{"a": "x"}\n', '{"a": 1}\n{"a": "y"}\n'
    assert codes(answer(legacy, kind="application/x-ndjson"), answer(async_, kind="application/x-ndjson")) == [
        ("RES003", "body line 2 /a")
    ]


def test_bytes_show_the_first_offset_that_differs() -> None:
    (difference,) = compared(answer(b"\xff\x00\x01", kind="image/png"), answer(b"\xff\x00\x02", kind="image/png"))
    assert (difference.code, difference.note) == ("RES013", "the first byte that differs is at offset 2")


def test_an_answer_that_never_came_is_one_difference() -> None:
    assert codes(answer("{}"), Answer(None, failure="no answer within 60 s")) == [("RES011", "answer")]
    assert codes(Answer(None, failure="a"), Answer(None, failure="b")) == [("RUN002", "answer")]


def test_a_shifted_time_is_named_as_one() -> None:
    assert codes(answer('["2026-01-02T03:04:05Z"]'), answer('["2026-01-02T08:04:05Z"]')) == [("RES015", "/0")]
