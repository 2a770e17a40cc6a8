"""A reproduction as a pytest file: `client` of compare's plug-in sends the steps, legacy's answers are the measure."""

from __future__ import annotations

import json
import keyword
import re
from typing import TYPE_CHECKING

from compare.report.concealed import concealed, is_secret
from compare.report.secrets import hide_header
from compare.traffic.nouns import is_id
from compare.traffic.recording.values import WHEN, is_generated, leaves
from compare.traffic.request import decoded
from compare.traffic.template import REFERENCE, WHOLE, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compare.findings import Finding, Reply
    from compare.report.reproduction import Reproduction
    from compare.traffic import Capture, Request
    from compare.traffic.template import Json

TAKEN = frozenset({"client", "response", "body", "httpx", "asyncio", "os", "pytest", "re", "quote"})
MOST_FIELDS = 20  # asserted of one answer: more than a person reads
LONGEST = 200  # characters of a text that is asserted
INDENT = "    "


def pytest_file(reproduction: Reproduction) -> str:
    """The source of a test module with one test, which runs as [legacy] and as [async]. No secret is in it."""
    scenario, secrets = concealed(reproduction.scenario)
    lines = [f"{_name(name)} = {_literal(value)}" for name, value in scenario.variables]
    lines += [f'{name} = os.environ["{name.upper()}"]' for name in secrets]
    played = list(zip(scenario.steps, reproduction.replies, reproduction.taken, strict=True))
    last = max((index for index, (_, reply, _) in enumerate(played) if reply is not None), default=-1)
    known: dict[str, Json] = {}
    for index, (step, reply, taken) in enumerate(played):
        lines += ["", f"# {step.number}. {step.method} {_comment(step.target)}"]
        if reply is None:
            lines.append("# not sent: legacy's answers lack a value that it needs")
            continue
        lines += _send(step)
        lines += _expectations(step, reply, reproduction.finding if index == last else None, known)
        for capture in step.captures:
            if capture.name in taken:
                lines.append(f"{_name(capture.name)} = {_taken(capture, _document(reply))}")
                known[capture.name] = taken[capture.name]
    code = "\n".join(INDENT + line if line else "" for line in lines).strip("\n")
    imports = [f"import {module}" for module in ("asyncio", "os", "re") if re.search(rf"\b{module}\.", code)]
    quoting = ["from urllib.parse import quote"] if "{quote(" in code else []
    head = [f'"""{_docstring(reproduction)}"""', "", *imports, *quoting, *([""] if imports or quoting else [])]
    test = f"async def test_{_slug(scenario.name)}(client: httpx.AsyncClient) -> None:"
    marked = ["@pytest.mark.asyncio", test]  # whichever mode the project has
    return "\n".join([*head, "import httpx", "import pytest", "", "", *marked, code, ""])


def _docstring(reproduction: Reproduction) -> str:
    summary = reproduction.summary()
    first = f"What legacy answers to {reproduction.scenario.name!r}; both sides must."
    words = f"{first}\n\nFound by compare: {summary}.\n" if summary else first
    if reproduction.finding is not None and reproduction.finding.layer != "response":
        words += "No answer tells it: run this with --paired, which compares the other layers too.\n"
    return words.replace("\\", "\\\\").replace('"""', "'''")


def _send(step: Request) -> Iterator[str]:
    """The request, and the wait for its status where it has one."""
    call = f"await client.request({', '.join(_arguments(step))})"
    if step.until is not None:
        yield f"async with asyncio.timeout({step.within:g}):"
        yield f"{INDENT}while (response := {call}).status_code != {step.until}:"
        yield f"{INDENT * 2}await asyncio.sleep(0.05)"
    elif step.repeat > 1:
        yield f"for _ in range({step.repeat}):"
        yield f"{INDENT}response = {call}"
    else:
        yield f"response = {call}"


def _arguments(step: Request) -> Iterator[str]:
    yield repr(step.method)
    yield _target(step.target)
    if step.query:
        pairs = [(name, item) for name, value in step.query for item in (value if isinstance(value, list) else [value])]
        params = ", ".join(f"({_literal(name)}, {_literal(item)})" for name, item in pairs if item is not None)
        yield f"params=[{params}]"
    headers = [*step.headers]
    if step.cookies:
        headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in step.cookies)))
    if step.body_kind == "json" and step.body is None and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("content-type", "application/json"))
    if headers:
        yield f"headers={_literal(dict(headers))}"
    yield from _body(step)
    if step.follow_redirects:
        yield "follow_redirects=True"


def _body(step: Request) -> Iterator[str]:
    if step.body_kind == "json" and step.body is None:
        yield 'content=b"null"'  # json=None is no body to httpx
    elif step.body_kind == "json":
        yield f"json={_literal(step.body)}"
    elif step.body_kind == "form":
        yield f"data={_literal(step.body)}"
    elif step.body_kind == "files" and isinstance(step.body, dict):
        yield "files={" + ", ".join(f"{_literal(name)}: {_file(name, part)}" for name, part in step.body.items()) + "}"
    elif step.body_kind == "content":
        text = text_of(step.body)
        yield f"content={_literal(text)}" if REFERENCE.search(text) else f"content={decoded(text)!r}"


def _file(name: str, part: Json) -> str:
    """A part of a multipart body as httpx takes it: (file name, content, type)."""
    whole: dict[str, Json] = part if isinstance(part, dict) else {"filename": name, "content": part}
    content = text_of(whole.get("content", ""))
    words = [_literal(whole.get("filename", name))]
    words.append(_literal(content) if REFERENCE.search(content) else repr(decoded(content)))
    if "type" in whole:
        words.append(_literal(whole["type"]))
    return f"({', '.join(words)})"


def _target(target: str) -> str:
    """The path as a literal or an f-string; a captured value is quoted as the engine quotes it."""
    if not REFERENCE.search(target):
        return repr(target)
    whole_link = WHOLE.match(target)
    if whole_link:
        return _name(whole_link[1])
    return _interpolated(target, lambda name: f"{{quote(str({name}), safe='')}}")


def _literal(value: Json) -> str:
    """Python source of a template: a string that is one reference is the variable itself."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if not isinstance(value, str):
        return repr(value)
    whole = WHOLE.match(value)
    if whole:
        return _name(whole[1])
    return _interpolated(value, lambda name: f"{{{name}}}")


def _interpolated(text: str, shown: Callable[[str], str]) -> str:
    """A string literal, or an f-string where the text refers to something."""
    pieces = []
    position = 0
    formatted = False
    for match in REFERENCE.finditer(text):
        pieces.append((text[position : match.start()], False))
        pieces.append(("${", False) if match[1] else (shown(_name(match[2])), True))
        formatted = formatted or not match[1]
        position = match.end()
    pieces.append((text[position:], False))
    if not formatted:
        return repr("".join(piece for piece, _ in pieces))
    inner = "".join(
        piece if is_code else json.dumps(piece, ensure_ascii=False)[1:-1].replace("{", "{{").replace("}", "}}")
        for piece, is_code in pieces
    )
    return f'f"{inner}"'


def _expectations(step: Request, reply: Reply, finding: Finding | None, known: Mapping[str, Json]) -> Iterator[str]:
    """Legacy's status and stable fields; `finding` where this is the step that shows it."""
    if reply.status is None:
        yield "# legacy gave no answer to this"
        return
    if step.until is None:
        yield f"assert response.status_code == {reply.status}"
    where = finding.where if finding else ""
    fields = list(_fields(_document(reply), where, known))
    if fields:
        yield "body = response.json()"
        yield from fields[:MOST_FIELDS]
    if where.startswith("header "):
        name = where.removeprefix("header ")
        value = next((value for key, value in reply.headers if key.lower() == name.lower()), None)
        if value is None or hide_header(name, value) == value:
            yield f"assert response.headers.get({name!r}) {_compared(value)}"


def _fields(document: Json, where: str, known: Mapping[str, Json]) -> Iterator[str]:
    """An assertion for each field that is the same on every run; the one that differs first, in case there are many."""
    stable = [
        (pointer != where, f"assert body{_path(keys)} {wanted}")
        for pointer, keys, value in leaves(document)
        if keys and (wanted := _wanted(keys, value, known, sure=pointer == where))
    ]
    yield from (line for later, line in stable if not later)
    if isinstance(document, dict):
        yield f"assert sorted(body) == {sorted(document)!r}"
    lists = {"": document} if isinstance(document, list) else document if isinstance(document, dict) else {}
    for key, value in lists.items():
        if isinstance(value, list):
            yield f"assert len(body{_path((key,)) if key else ''}) == {len(value)}"
    yield from (line for later, line in stable if later)


def _wanted(keys: tuple[str | int, ...], value: Json, known: Mapping[str, Json], *, sure: bool) -> str | None:
    """`== 2` for a field that is the same on every run, `== order_id` for an id that was captured, else None."""
    key = next((key for key in reversed(keys) if isinstance(key, str)), "")
    if is_secret(key):
        return None
    text = text_of(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    same = next((name for name, one in known.items() if type(one) is type(value) and one == value), None)
    if same and (is_id(key) or is_generated(text)):
        return f"== {_name(same)}"
    # A text or number that could be a captured one, or hold it, may be another one on the other side.
    echo = same or (isinstance(value, str) and any(str(one) and str(one) in value for one in known.values()))
    if not _is_stable(key, value) or (echo and not sure):
        return None
    return _compared(value)


def _compared(value: Json) -> str:
    return f"is {value!r}" if value is None or isinstance(value, bool) else f"== {value!r}"


def _is_stable(key: str, value: Json) -> bool:
    """Whether a field is the same on every run and may be shown: no id, token or moment."""
    if isinstance(value, str):
        return len(value) <= LONGEST and not (is_generated(value) or WHEN.match(value) or is_id(key))
    return isinstance(value, bool) or value is None or not is_id(key)


def _document(reply: Reply) -> Json:
    """The answer as JSON; None for another one, and for one that was too long to be kept whole."""
    try:
        document: Json = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return document


def _taken(capture: Capture, document: Json) -> str:
    """Source that takes a capture's value out of `response`."""
    kind, _, name = capture.source.partition(":")
    if kind == "header":
        source = f"response.headers[{name!r}]"
    elif kind == "cookie":
        source = f"response.cookies[{name!r}]"
    elif capture.source == "body":
        source = "response.text"
    else:
        source = f"response.json(){_path(_keys(capture.source, document))}"
    if capture.pattern is None:
        return source
    return f"re.search({capture.pattern.pattern!r}, str({source}))[1]"


def _keys(pointer: str, document: Json) -> tuple[str | int, ...]:
    """The keys of a pointer; a number is an index where legacy has a list."""
    keys: list[str | int] = []
    node = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            keys.append(key)
            node = node.get(key)
        elif key.isdecimal():
            keys.append(int(key))
            node = node[int(key)] if isinstance(node, list) and int(key) < len(node) else None
        else:
            keys.append(key)
    return tuple(keys)


def _path(keys: tuple[str | int, ...]) -> str:
    return "".join(f"[{key!r}]" for key in keys)


def _name(name: str) -> str:
    """A captured value's name as a variable that hides nothing."""
    return f"{name}_" if name in TAKEN or keyword.iskeyword(name) or name.startswith("test_") else name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "scenario"


def _comment(text: str) -> str:
    return " ".join(text.split())
