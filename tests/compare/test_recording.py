"""Recordings: which requests are the app's, and which values of answers are carried over to later requests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compare.errors import UsageError
from compare.traffic import Request
from compare.traffic.recording import Recording, load_recordings, read_recording

APP = "https://shop.example"
ORDER = "7d9f6a3e-52c4-4f0b-9a51-0d6a6f1c2b3e"
TOKEN = "eyJhbGciOiJI.UzI1NiJ9abc123"  # noqa: S105 - made up
Write = Callable[..., Path]


def entry(call: str, answer: object = None, status: int = 200, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - HAR keys
    """One exchange: `POST /orders` with what was sent and answered."""
    method, url = call.split(" ")
    request: dict[str, Any] = {"method": method, "url": url if "://" in url else APP + url, "headers": []}
    if "json" in more:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(more["json"])}
    request |= more.get("request", {})
    request["headers"] = [{"name": name, "value": value} for name, value in more.get("headers", {}).items()]
    return {
        "request": request,
        "response": {
            "status": status,
            "headers": [{"name": name, "value": value} for name, value in more.get("answered", {}).items()],
            "content": {"mimeType": more.get("mime", "application/json"), "text": json.dumps(answer)},
        },
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put entries into a HAR file."""

    def writing(*entries: dict[str, Any], **log: Any) -> Path:  # noqa: ANN401 - HAR keys
        path = tmp_path / "shop.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries, **log}}), encoding="utf-8")
        return path

    return writing


def steps(path: Path) -> tuple[Request, ...]:
    """The requests of a recording."""
    return read_recording(path).scenario.steps


def captures(step: Request) -> dict[str, str]:
    """The captures of a step as they would be written."""
    return {one.name: one.source + (f" ~ {one.pattern.pattern}" if one.pattern else "") for one in step.captures}


def test_an_id_in_an_answer_to_a_write_is_carried_over_to_the_path_of_a_later_request(write: Write) -> None:
    posted, read = steps(write(entry("POST /orders", {"id": 17, "total": 3}), entry("GET /orders/17?page=17")))
    assert captures(posted) == {"order_id": "/id"}
    assert read.target == "/orders/${order_id}?page=17"
    assert read.render({"order_id": 99}).target == "/orders/99?page=17"


def test_a_small_number_that_is_no_id_stays(write: Write) -> None:
    made = entry("POST /orders", {"id": 3})
    later = entry("POST /orders/3/lines", json={"quantity": 3, "order_id": 3, "size": "3"})
    assert steps(write(made, later))[1].body == {"quantity": 3, "order_id": "${order_id}", "size": "3"}


def test_an_id_is_not_taken_for_that_of_another_thing(write: Write) -> None:
    listed = entry("GET /customers", [{"id": 1}])
    products = entry("GET /products", [{"id": 2}])
    first, second, third = steps(write(listed, products, entry("GET /products/1")))
    assert (captures(first), captures(second), third.target) == ({}, {}, "/products/1")


def test_a_token_is_carried_over_into_authorization_and_a_uuid_into_query_and_body(write: Write) -> None:
    logged_in = entry("POST /login", {"access_token": TOKEN})
    posted = entry("POST /orders", {"order": {"id": ORDER}}, headers={"Authorization": f"Bearer {TOKEN}"})
    later = entry(f"POST /pay?order={ORDER}", json={"for": [{"ref": ORDER}], "note": f"order {ORDER}!"})
    login, order, pay = steps(write(logged_in, posted, later))
    assert captures(login) == {"access_token": "/access_token"}
    assert dict(order.headers)["authorization"] == "Bearer ${access_token}"
    assert captures(order) == {"order_id": "/order/id"}
    assert pay.target == "/pay?order=${order_id}"
    assert pay.body == {"for": [{"ref": "${order_id}"}], "note": "order ${order_id}!"}


def test_a_location_an_etag_and_a_cookie_are_carried_over(write: Write) -> None:
    made = entry(
        "POST /files",
        status=201,
        answered={"Location": "/files/412", "ETag": '"v1"', "Set-Cookie": "csrf=9f8e7d6c5b4a39281706abcd; Path=/"},
    )
    later = entry(
        "GET /files/412",
        headers={"If-None-Match": '"v1"', "X-CSRF-Token": "9f8e7d6c5b4a39281706abcd", "Cookie": "csrf=9f8e"},
        request={
            "cookies": [{"name": "csrf", "value": "9f8e7d6c5b4a39281706abcd"}, {"name": "theme", "value": "dark"}]
        },
    )
    first, second = steps(write(made, later))
    assert set(captures(first).values()) >= {"header:ETag", "cookie:csrf"}
    assert second.target == "/files/${file_id}"
    assert dict(second.headers) == {"if-none-match": "${etag}", "x-csrf-token": "${csrf}"}
    assert second.cookies == (("theme", "dark"),)  # the jar sends csrf, each side its own


def test_what_the_client_made_up_itself_is_sent_as_it_was(write: Write) -> None:
    made = entry("POST /orders", {"id": 5, "key": ORDER}, json={"key": ORDER})
    read, again = steps(write(made, entry(f"GET /orders?key={ORDER}")))
    assert (captures(read), again.target) == ({}, f"/orders?key={ORDER}")


def test_the_nearest_producer_gives_the_value_and_a_list_only_where_nothing_else_does(write: Write) -> None:
    made = entry("POST /orders", {"id": ORDER})
    listed = entry("GET /orders", [{"id": ORDER}])
    assert captures(steps(write(made, listed, entry(f"GET /orders/{ORDER}")))[0]) == {"order_id": "/id"}
    assert captures(steps(write(listed, entry(f"GET /orders/{ORDER}")))[0]) == {"order_id": "/0/id"}


def test_only_the_app_is_asked_and_what_was_left_out_is_counted(write: Write) -> None:
    recording = read_recording(
        write(
            entry("GET https://cdn.example/a.js", mime="text/javascript"),
            entry("GET https://cdn.example/b.css", mime="text/css"),
            entry("GET https://cdn.example/c.png", mime="image/png"),
            entry("GET https://shop.example:443/items"),
            entry("GET /items/7", status=0),
        )
    )
    assert [str(step) for step in recording.scenario.steps] == ["1. GET /items"]
    assert recording.origin == "https://shop.example:443"
    assert dict(recording.left_out) == {"to other hosts": 3, "that were given up": 1}


def test_the_origin_that_the_file_names_goes_before_the_most_frequent_one(write: Write) -> None:
    path = write(
        entry("GET /a"), entry("GET /b"), entry("GET http://api.example/c"), _compare={"origin": "http://api.example"}
    )
    assert [step.target for step in steps(path)] == ["/c"]


def test_headers_of_connection_and_browser_are_dropped(write: Write) -> None:
    noisy = {
        "Host": "shop.example", ":authority": "shop.example", "Connection": "keep-alive", "User-Agent": "Mozilla",
        "sec-ch-ua": "x", "Sec-Fetch-Mode": "cors", "Referer": APP, "Origin": APP, "Accept-Encoding": "br",
        "Accept": "text/csv", "X-Request-Id": "7", "X-Name": "é",
    }  # fmt: skip
    (step,) = steps(write(entry("GET /a", headers=noisy)))
    assert step.headers == (("accept", "text/csv"), ("x-request-id", "7"))


@pytest.mark.parametrize(
    ("data", "kind", "content"),
    [
        ({"mimeType": "application/json", "text": '{"a": "${b}"}'}, "json", b'{"a":"${b}"}'),
        ({"mimeType": "application/json", "text": '{"price": 1.10}'}, "content", b'{"price": 1.10}'),
        ({"mimeType": "application/json", "text": "{broken"}, "content", b"{broken"),
        ({"mimeType": "application/x-www-form-urlencoded", "text": "a=1&a=2&b=x+y"}, "form", b"a=1&a=2&b=x+y"),
        (
            {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "x y"}]},
            "form",
            b"a=x+y",
        ),
        ({"mimeType": "image/png", "text": "AAE=", "encoding": "base64"}, "content", b"\x00\x01"),
    ],
)
def test_a_body_is_sent_as_it_was(write: Write, data: dict[str, Any], kind: str, content: bytes) -> None:
    (step,) = steps(write(entry("POST /a", request={"postData": data})))
    assert (step.body_kind, step.render({}).content) == (kind, content)


def test_json_is_sent_with_its_content_type_once(write: Write) -> None:
    data = {"mimeType": "application/json", "text": '{"a":1}'}
    typed = {"headers": [{"name": "Content-Type", "value": "application/json"}], "postData": data}
    (step,) = steps(write(entry("POST /a", request=typed)))
    assert step.render({}).headers == (("content-type", "application/json"),)


def test_files_of_a_multipart_form_keep_name_and_type(write: Write) -> None:
    params = [
        {"name": "title", "value": "hat"},
        {"name": "f", "value": "abc", "fileName": "f.txt", "contentType": "text/plain"},
    ]
    (step,) = steps(
        write(entry("POST /a", request={"postData": {"mimeType": "multipart/form-data", "params": params}}))
    )
    content = step.render({}).content
    assert b'name="title"\r\n\r\nhat' in content
    assert b'name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nabc' in content


def test_a_recorded_status_is_information_and_no_expectation(write: Write) -> None:
    (step,) = steps(write(entry("GET /a", status=404)))
    assert (step.status, step.seen) == (None, 404)
    assert read_recording(write(entry("GET /a"))).scenario.lenient


def test_requests_are_put_in_the_order_in_which_they_were_sent(write: Write) -> None:
    late = entry("GET /late") | {"startedDateTime": "2026-01-01T10:00:01.5Z"}
    early = entry("GET /early") | {"startedDateTime": "2026-01-01T11:00:01+01:00"}
    assert [step.target for step in steps(write(late, early))] == ["/early", "/late"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["shop.har", "not JSON"]),
        ("[]", ["shop.har", "the document"]),
        ('{"log": {}}', ["log.entries", "Field required"]),
        ('{"log": {"entries": [{"request": {"method": "GET", "url": "http://a/"}}, {"request": {"method": "GET"}}]}}',
         ["entry 2, request.url", "Field required"]),
        ('{"log": {"entries": [{"request": {"method": 1, "url": "http://a/"}}]}}', ["entry 1, request.method: "]),
        ('{"log": {"entries": []}}', ["holds no request", "none at all"]),
        ('{"log": {"entries": [{"request": {"method": "GET", "url": "data:,x"}}]}}', ["1 that are not HTTP"]),
    ],
)  # fmt: skip
def test_a_malformed_recording_is_explained(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "shop.har"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_recording(path)
    assert [word for word in words if word not in str(caught.value)] == [], caught.value


def test_recordings_are_found_by_pattern_and_named_by_their_path(write: Write, tmp_path: Path) -> None:
    write(entry("GET /a"))
    found: list[Recording] = load_recordings(["*.har"], tmp_path)
    assert [one.scenario.name for one in found] == ["recording shop.har"]
    with pytest.raises(UsageError, match="'nowhere' names no HAR file"):
        load_recordings(["nowhere"], tmp_path)
