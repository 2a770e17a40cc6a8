"""Who makes what: which operation's answer gives the id that another operation asks for.

By links where the document has some, else by names: `/orders/{order_id}` and a field `order_id` speak of an order, and
`POST /orders` and `GET /orders` answer with some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.traffic.nouns import is_id, noun, noun_of_path, singular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.traffic.openapi.document import Document, Operation

PLAIN_IDS = ("id", "uuid", "guid", "pk", "key", "public_id", "slug", "code", "number")


@dataclass(frozen=True)
class Source:
    """An operation whose answer holds the value, and how it is captured."""

    label: str
    expression: str


@dataclass(frozen=True)
class Reference:
    """A value that sources give; `${name}` in a request. The later source is the better one."""

    name: str
    sources: tuple[Source, ...]


class References:
    """All references of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._by_label = {operation.label: operation for operation in document.operations}
        self._made: dict[str, list[tuple[Operation, dict[str, str]]]] = {}
        for operation in document.operations:
            if operation.method in {"GET", "POST"} and not operation.path.rstrip("/").endswith("}"):
                fields = dict(self._fields(operation))
                if fields:
                    self._made.setdefault(noun_of_path(operation.path), []).append((operation, fields))
        self._links = dict(self._explicit())
        # `sku` is an item's id because there is /items/{sku}; a parameter that is called `id` says nothing.
        self._parameters = {
            name: owner
            for operation in document.operations
            for owner, name in _owned(operation.path)
            if name not in PLAIN_IDS and owner in self._made
        }

    def of_parameter(self, operation: Operation, name: str) -> Reference | None:
        """What a parameter of the path is fed from; None where nothing makes such a thing."""
        linked = self._links.get((operation.label, name))
        if linked is not None:
            return linked
        owner = next((owner for owner, parameter in _owned(operation.path) if parameter == name), "")
        return self._reference(owner, name) or self._reference(noun(name), name)

    def of_field(self, operation: Operation, name: str, *, in_name_only: bool = False) -> Reference | None:
        """What a field of a body or query is fed from. What an operation makes, it is not fed with.

        `in_name_only`: the field is one of ids though it is not called so, as `customer` for a customer's.
        """
        linked = self._links.get((operation.label, name))
        if linked is not None:
            return linked
        owner = self._parameters.get(name) or (noun(name) if is_id(name) or in_name_only else "")
        if not owner or owner == noun_of_path(operation.path):
            return None
        return self._reference(owner, name)

    def _reference(self, owner: str, name: str) -> Reference | None:
        makers = self._made.get(owner, [])
        for wanted in (name, *PLAIN_IDS):
            sources = [
                (operation, Source(operation.label, fields[wanted])) for operation, fields in makers if wanted in fields
            ]
            if sources:
                sources.sort(key=lambda pair: (pair[0].method == "POST", -pair[0].path.count("{")))
                return Reference(
                    re.sub(r"\W", "_", f"{owner}_{wanted}", flags=re.ASCII), tuple(source for _, source in sources)
                )
        return None

    def _fields(self, operation: Operation) -> Iterator[tuple[str, str]]:
        """Names of an answer's scalars with their pointers: at the top, one level below, or in the first item."""
        for schema in operation.answers:
            items = self._document.resolved(schema).get("items")
            if items is not None:
                yield from self._scalars(items, "/0")
                continue
            inner = self._document.properties(schema)
            for name, part in reversed(inner.items()):
                node = self._document.resolved(part)
                if "items" in node:
                    yield from self._scalars(node["items"], f"/{_pointer(name)}/0")
                elif self._document.properties(node) and singular(name) in {noun_of_path(operation.path), "data"}:
                    yield from self._scalars(node, f"/{_pointer(name)}")
            yield from self._scalars(schema, "")

    def _scalars(self, schema: object, at: str) -> Iterator[tuple[str, str]]:
        for name, part in self._document.properties(schema).items():
            node = self._document.resolved(part)
            if "items" not in node and not self._document.properties(node):
                yield name, f"{at}/{_pointer(name)}"

    def _explicit(self) -> Iterator[tuple[tuple[str, str], Reference]]:
        ids = {operation.operation_id: operation.label for operation in self._document.operations}
        for operation in self._document.operations:
            for link in operation.links:
                label = ids.get(link.target, link.target)
                if label in self._by_label:
                    title = re.sub(r"\W+", "_", f"{link.parameter}_of_{operation.operation_id or operation.label}")
                    source = Source(operation.label, link.expression)
                    yield (label, link.parameter), Reference(title.lower().strip("_"), (source,))


def _owned(path: str) -> Iterator[tuple[str, str]]:
    """Each parameter of a path with the noun before it: `(order, order_id)`."""
    before = ""
    for segment in path.split("/"):
        match = re.fullmatch(r"\{([^}:]*)[^}]*\}", segment)
        if match:
            yield before, match[1]
        elif segment:
            before = singular(segment)


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
