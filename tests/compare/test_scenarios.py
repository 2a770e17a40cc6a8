"""Scenario files: what they may hold, what they become, and what is said about a mistake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from compare.errors import UsageError
from compare.traffic import Capture, Captured, Missing, Scenario, find_files, load_scenarios

Write = Callable[[str], list[Path]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put one scenario file into a folder of its own."""

    def writing(text: str) -> list[Path]:
        path = tmp_path / "some.yaml"
        path.write_text(text, encoding="utf-8")
        return [path]

    return writing


def only(files: list[Path]) -> Scenario:
    """The one scenario of a file."""
    (scenario,) = load_scenarios(files)
    return scenario


def refused(files: list[Path]) -> str:
    """The message that a malformed file gets."""
    with pytest.raises(UsageError) as caught:
        load_scenarios(files)
    return str(caught.value)


def test_plain_scalars_keep_the_types_that_json_gives_them(write: Write) -> None:
    scenario = only(
        write(
            "scenario: a\nvariables: {country: NO, day: 2024-01-01, n: 1_0, one: 1, half: 0.5, yes: true, none: null}\n"
            "steps: [GET /a]\n"
        )
    )
    assert dict(scenario.variables) == {
        "country": "NO", "day": "2024-01-01", "n": "1_0", "one": 1, "half": 0.5, "yes": True, "none": None,
    }  # fmt: skip


def test_a_string_that_is_one_reference_keeps_the_captured_type(write: Write) -> None:
    step = only(
        write('scenario: a\nvariables: {x: 7}\nsteps:\n- POST /a:\n    json: {n: "${x}", t: "no ${x}, $${x}"}\n')
    )
    assert step.steps[0].render({"x": 7}).content == b'{"n":7,"t":"no 7, ${x}"}'


def test_a_captured_value_is_quoted_in_a_path_and_in_a_query(write: Write) -> None:
    step = only(write("scenario: a\nvariables: {x: a}\nsteps:\n- GET /a/${x}?b=${x}:\n")).steps[0]
    assert step.render({"x": "a b+c=?"}).target == "/a/a%20b+c=%3F?b=a%20b%2Bc%3D%3F"


def test_a_path_that_is_a_captured_link_is_sent_as_the_answer_gave_it(write: Write) -> None:
    step = only(write("scenario: a\nvariables: {link: a}\nsteps:\n- GET ${link}:\n")).steps[0]
    assert step.render({"link": "http://127.0.0.1:1234/a%20b?c=1"}).target == "/a%20b?c=1"


def test_query_form_and_files_are_encoded_as_a_browser_does(write: Write) -> None:
    scenario = only(
        write("scenario: a\nsteps:\n- GET /a: {query: {q: [1, two], none: null}}\n- POST /a: {form: {user: a b}}\n"
              "- POST /a: {files: {f: {filename: f.txt, content: 'base64:AAE=', type: text/plain}}}\n")
    )  # fmt: skip
    query, form, files = (step.render({}) for step in scenario.steps)
    assert query.target == "/a?q=1&q=two"
    assert form.content == b"user=a+b"
    assert b'filename="f.txt"' in files.content
    assert b"\r\n\r\n\x00\x01\r\n" in files.content


def test_a_setup_runs_first_and_never_by_itself(write: Write) -> None:
    scenario = only(
        write("- scenario: log in\n  steps:\n  - POST /login: {capture: {token: /token}}\n"
              "- scenario: look\n  setup: log in\n  steps:\n  - GET /me: {headers: {Authorization: 'B ${token}'}}\n")
    )  # fmt: skip
    assert [str(step) for step in scenario.steps] == ["1. POST /login (setup 'log in')", "1. GET /me"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "scenario: a\nsteps:\n- GET /a: {heders: {}}\n",
            ["'a'", "step 1 (GET /a)", "unknown key 'heders'", "'headers'"],
        ),
        ("scenario: a\nsetps: []\n", ["unknown key 'setps'", "did you mean 'steps'?"]),
        ("scenario: a\nsteps:\n- GTE /a:\n", ["'GTE /a'", "did you mean GET?"]),
        ("scenario: a\nsteps:\n- GET a:\n", ["must begin with /"]),
        ("scenario: a\nsteps:\n- GET /a: {json: 1, form: {}}\n", ["one body", "json and form"]),
        ("scenario: a\nsteps:\n- GET /a: {status: ok}\n", ["status", "'ok'"]),
        ("scenario: a\nsteps:\n- GET /a: {capture: {x: token}}\n", ["'token' says not where to look", "/items/0/id"]),
        ("scenario: a\nsteps:\n- GET /a: {capture: {x: 'body ~ a(b)(c)'}}\n", ["2 groups"]),
        ("scenario: a\nsteps:\n- GET /a: {route: any}\n", ["the only value is 'none'"]),
        ("scenario: a\nsteps:\n- GET /a: {capture: {token: /t}}\n- GET /${tokn}:\n", ["2. GET /${tokn}", "${token}?"]),
        ("scenario: a\nsetup: b\nsteps: [GET /a]\n", ["setup names no scenario: 'b'"]),
        ("scenario: a\nsetup: a\nsteps: [GET /a]\n", ["leads back to itself"]),
        ("scenario: a\nsteps: [\n", [".yaml:3:1: this is not valid YAML"]),
        ("scenario: a\nscenario: b\nsteps: [GET /a]\n", [".yaml:2:1", "given twice"]),
        ("- {scenario: a, steps: [GET /a]}\n- {scenario: a, steps: [GET /a]}\n", ["names must be unique"]),
        ("", ["holds no scenario"]),
    ],
)
def test_a_malformed_scenario_is_explained(write: Write, text: str, words: list[str]) -> None:
    message = refused(write(text))
    assert [word for word in words if word not in message] == [], message


def test_files_folders_and_globs_are_found_and_nothing_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("deep/b.yml", "deep/er/a.yaml", "c.yaml", "deep/readme.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_files(["deep", "*.yaml"], tmp_path)] == ["b.yml", "a.yaml", "c.yaml"]
    with pytest.raises(UsageError, match="'nowhere' names no YAML file"):
        find_files(["nowhere"], tmp_path)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("/items/0/id", 7),
        ("/a~1b", "slash"),
        ("header:location", "/orders/12"),
        ("header:Location ~ /([^/]+)$", "12"),
        ("cookie:sid", "s3"),
        ("body ~ slash(.)", '"'),
    ],
)
def test_a_capture_takes_its_value(expression: str, value: object) -> None:
    answer = Captured(
        [("Location", "/orders/12"), ("Set-Cookie", "sid=s3; Path=/")], b'{"items":[{"id":7}],"a/b":"slash"}'
    )
    assert Capture.parse("x", expression).take(answer) == value


def test_a_capture_that_finds_nothing_says_what_is_missing() -> None:
    with pytest.raises(Missing, match="the body has no /items/3"):
        Capture.parse("x", "/items/3").take(Captured([], b'{"items":[]}'))


def test_a_unique_value_needs_no_capture(write: Write) -> None:
    step = only(write('scenario: fresh\nsteps: ["POST /items/${unique}": {}]')).steps[0]
    assert not step.lacks({})


@pytest.mark.parametrize("written", ["/items/0/id", "header:Location ~ /([^/]+)$", "body"])
def test_a_capture_reads_as_it_was_written(written: str) -> None:
    assert Capture.parse("x", written).expression == written
