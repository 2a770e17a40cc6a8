"""An OpenAPI document as far as sequences need it: operations, their parameters, what they answer, their links.

Whether a schema holds is the generator's to say. Here a reference that leads nowhere, or in a circle, is as good as
none, and what is not as the standard says is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
HOPS = 20  # references that are followed one after the other
PARAMETER = re.compile(r"\{([^}]*)\}")
Node = Mapping[str, Any]
NOTHING: Node = {}


@dataclass(frozen=True)
class Link:
    """An OpenAPI link: a parameter of another operation is fed from this one's answer by a capture expression."""

    target: str  # label, or operationId
    parameter: str
    expression: str


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        method: in upper case.
        path: with its parameters, `/orders/{order_id}`.
        operation_id: its name; '' without one.
        answers: the schemas of its 2xx JSON answers.
        links: what its answers lead to.
        credentials: header and a made-up value for each way to log in that it asks for.
        lost: the first reference of its parameters or body that leads nowhere; '' where all lead somewhere.
    """

    method: str
    path: str
    operation_id: str = ""
    answers: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()
    lost: str = ""

    @property
    def label(self) -> str:
        """`POST /orders`."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters, in order."""
        return PARAMETER.findall(self.path)


class Document:
    """A parsed document.

    Raises:
        UsageError: it is none that requests can be generated from; the message says why.
    """

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict):
            raise UsageError(f"The OpenAPI document is no JSON object but {type(document).__name__}. {ADVICE}")
        version = document.get("openapi", document.get("swagger"))
        if not isinstance(version, str):
            raise UsageError(f"The OpenAPI document has no version ('openapi': '3.1.0'), so it is none. {ADVICE}")
        if not isinstance(document.get("paths"), dict) or not document["paths"]:
            raise UsageError(f"The OpenAPI document (version {version}) has no paths, so nothing can be sent. {ADVICE}")
        self.raw: dict[str, Any] = document
        self.operations: tuple[Operation, ...] = tuple(self._operations())
        if not self.operations:
            raise UsageError(f"No path of the OpenAPI document (version {version}) has an operation. {ADVICE}")

    def resolved(self, node: object) -> Node:
        """What a node or the reference in it stands for; empty for what is not there."""
        for _ in range(HOPS):
            if not isinstance(node, Mapping):
                return NOTHING
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            node = self._pointed(reference)
        return NOTHING

    def properties(self, schema: object, hops: int = HOPS) -> dict[str, Any]:
        """The properties of an object schema, those of its parts included; of alternatives, all together."""
        node = self.resolved(schema)
        found: dict[str, Any] = {}
        if hops <= 0:
            return found
        for key in ("allOf", "anyOf", "oneOf"):
            for part in _items(node.get(key)):
                found.update(self.properties(part, hops - 10))
        own = node.get("properties")
        return {**found, **(own if isinstance(own, dict) else {})}

    def _pointed(self, reference: str) -> object:
        """What a reference within the document leads to; None where that is nothing, or another document."""
        node: object = self.raw if reference.startswith("#/") else None
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
        return node

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.raw["paths"].items():
            for method, definition in self.resolved(item).items():
                if method in METHODS and isinstance(definition, dict):
                    shared = self.resolved(item).get("parameters")
                    sent = [shared, definition.get("parameters"), definition.get("requestBody")]
                    yield self._operation(method.upper(), str(path), definition, self._lost(sent))

    def _lost(self, sent: list[Any]) -> str:
        """The first reference below `sent` that leads nowhere; one that leads in a circle is followed once."""
        stack, followed = list(sent), set()
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(node)
            elif isinstance(node, dict):
                stack.extend(inner for key, inner in node.items() if key not in {"example", "examples", "default"})
                reference = node.get("$ref")
                if isinstance(reference, str) and reference not in followed:
                    followed.add(reference)
                    target = self._pointed(reference)
                    if target is None:
                        return reference
                    stack.append(target)
        return ""

    def _operation(self, method: str, path: str, definition: Node, lost: str) -> Operation:
        responses = definition.get("responses")
        good = [
            self.resolved(response)
            for status, response in (responses.items() if isinstance(responses, dict) else ())
            if str(status).startswith("2")
        ]
        return Operation(
            method,
            path,
            str(definition.get("operationId", "")),
            tuple(schema for response in good if (schema := self._json(response)) is not None),
            tuple(link for response in good for link in self._links(response)),
            tuple(self._credentials(definition)),
            lost,
        )

    def _json(self, response: Node) -> Node | None:
        """The schema of a JSON answer, in version 3's place or version 2's."""
        content = response.get("content")
        for kind, media in content.items() if isinstance(content, dict) else ():
            if "json" in str(kind) and isinstance(media, dict):
                return self.resolved(media.get("schema"))
        return self.resolved(response["schema"]) if "schema" in response else None

    def _links(self, response: Node) -> Iterator[Link]:
        links = response.get("links")
        for link in (self.resolved(link) for link in (links.values() if isinstance(links, dict) else ())):
            target = link.get("operationId") or _label_of(link.get("operationRef"))
            parameters = link.get("parameters")
            for name, value in parameters.items() if isinstance(parameters, dict) and target else ():
                expression = _expression(value)
                if expression is not None:
                    yield Link(str(target), str(name).rpartition(".")[2], expression)

    def _credentials(self, definition: Node) -> Iterator[tuple[str, str]]:
        required = definition.get("security", self.raw.get("security"))
        schemes = self.resolved(self.resolved(self.raw.get("components")).get("securitySchemes"))
        for name in {str(name): None for option in _items(required) if isinstance(option, dict) for name in option}:
            scheme = self.resolved(schemes.get(name))
            kind, way = scheme.get("type"), str(scheme.get("scheme", "")).lower()
            if kind == "apiKey" and scheme.get("in") == "header":
                yield str(scheme.get("name", "")).lower(), "no-such-key"
            elif kind in {"oauth2", "openIdConnect"} or (kind == "http" and way == "bearer"):
                yield "authorization", "Bearer no-such-token"
            elif kind == "http" and way == "basic":
                yield "authorization", "Basic bm8tc3VjaDp1c2Vy"


ADVICE = "Is it what the legacy side serves under /openapi.json? Without one, set [tool.compare.openapi] examples = 0."


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _label_of(reference: object) -> str | None:
    """`GET /orders/{id}` for `#/paths/~1orders~1{id}/get`."""
    match = re.fullmatch(r"#/paths/([^/]+)/(\w+)", str(reference or ""))
    return f"{match[2].upper()} {match[1].replace('~1', '/').replace('~0', '~')}" if match else None


def _expression(value: object) -> str | None:
    """A capture expression for a runtime expression that speaks of the answer; None for any other."""
    text = str(value).strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    if text.startswith("$response.body#/"):
        return text.removeprefix("$response.body#")
    match = re.fullmatch(r"\$response\.header\.(\S+)", text)
    return f"header:{match[1]}" if match else None
