"""Sequences of generated requests: what makes an id comes first, what needs it follows.

For each operation there are scenarios with its valid and boundary requests on ids that exist, with ids that nobody
has, with invalid requests and without being logged in; for each thing that can be made, its life from POST to DELETE.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from compare.traffic.capture import Capture
from compare.traffic.openapi.steps import Feed, step_of
from compare.traffic.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from compare.traffic.openapi.document import Operation
    from compare.traffic.openapi.references import Reference, References
    from compare.traffic.request import Request

FILE = Path("openapi.json")
CHUNK = 6  # requests that share what was made for them
UNKNOWN = 3  # requests with ids that nobody has, for each operation
DEPTH = 4  # of things that need things that need things
LIVES = 5  # one life for so many examples
LOOKS, CHANGES, ENDS = ("GET", "HEAD"), ("PATCH", "PUT", "POST"), ("DELETE",)
ID = re.compile(r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Case = dict[str, Any]
Item = TypeVar("Item")
Fed = dict[str, "Reference"]  # by parameter or field


class Sequences:
    """Puts cases together to scenarios. `withheld`: headers, lower case, that the configuration sends."""

    def __init__(
        self,
        operations: Sequence[Operation],
        cases: Mapping[str, list[Case]],
        references: References,
        withheld: Collection[str],
    ) -> None:
        self._operations = {operation.label: operation for operation in operations if cases.get(operation.label)}
        self._cases = cases
        self._good = {label: _good(cases[label]) or cases[label] for label in self._operations}
        self._references = references
        self._withheld = withheld
        self._serial = 0
        self._names: Counter[str] = Counter()

    def scenarios(self, examples: int) -> Iterator[Scenario]:
        """Operation by operation in the document's order, then the lives, then who is not logged in."""
        for operation in self._operations.values():
            yield from self._alone(operation)
        for operation in self._operations.values():
            if operation.method == "POST":
                for number in range(max(1, examples // LIVES)):
                    yield from self._life(operation, number)
        strangers = [step for operation in self._operations.values() for step in self._stranger(operation)]
        for part in _parts(strangers, CHUNK):
            yield self._scenario("requests of a stranger", part)

    def _alone(self, operation: Operation) -> Iterator[Scenario]:
        """What concerns one operation; its other requests are there only to make what it needs."""
        parameters, fields = self._parameters(operation), self._fields(operation)
        good = self._good[operation.label]
        valid = _distinct(self._step(operation, case, parameters, fields) for case in good)
        # What was ended cannot be ended twice: each of these needs a thing of its own.
        for part in _parts(valid, 1 if operation.method in ENDS else CHUNK):
            yield self._scenario(f"{operation.label} valid", [*self._before(parameters, fields), *part])
        if parameters:
            unknown = [self._step(operation, case, {}, fields) for case in good[:UNKNOWN]]
            yield self._scenario(f"{operation.label} unknown id", [*self._before({}, fields), *unknown])
        wrong = [case for case in self._cases[operation.label] if case["kind"] == "invalid"]
        for some in _parts(wrong, CHUNK):
            # Only a wrong body or query gets as far as it can on an id that exists; else the id itself is wrong.
            steps = [
                self._step(operation, case, parameters if "body" in case or case["query"] else {}, {}) for case in some
            ]
            yield self._scenario(f"{operation.label} invalid", [*self._before(parameters, {}), *steps])

    def _life(self, maker: Operation, number: int) -> Iterator[Scenario]:
        """POST, then look, change, look, end and look again: at the thing itself, and at the list that it stands in."""
        users = [
            one for one in self._operations.values() if any(_from(maker, ref) for ref in self._parameters(one).values())
        ]
        place = maker.path.rstrip("/")
        lists = [
            one
            for one in self._operations.values()
            if one.method == "GET" and one.path.rstrip("/") == place and one not in users
        ]
        if not users and not lists:
            return
        own: Fed = {}
        others: Fed = {}
        for user in (*users, *lists):
            for name, reference in {**self._fields(user), **self._parameters(user)}.items():
                (own if _from(maker, reference) else others)[f"{user.label} {name}"] = reference
        case = self._good[maker.label][number % len(self._good[maker.label])]
        made = self._step(maker, case, self._parameters(maker), self._fields(maker))
        for reference in own.values():
            made = _capturing(made, reference, maker.label)
        before = self._before(self._parameters(maker), self._fields(maker), others, without=maker.label)
        looks = self._uses(users, LOOKS, number)
        looks += [self._step(one, self._making(one), self._parameters(one), self._fields(one)) for one in lists]
        changes, ends = self._uses(users, CHANGES, number), self._uses(users, ENDS, number)
        yield self._scenario(
            f"{maker.label} and what follows",
            [*before, made, *looks, *changes, *(looks if changes else []), *ends, *(looks if ends else [])],
        )

    def _uses(self, users: Sequence[Operation], methods: tuple[str, ...], number: int) -> list[Request]:
        return [
            self._step(user, good[number % len(good)], self._parameters(user), self._fields(user))
            for user in users
            if user.method in methods and (good := self._good[user.label])
        ]

    def _stranger(self, operation: Operation) -> Iterator[Request]:
        """The operation with a made-up token or key."""
        if operation.credentials:
            step = self._step(operation, self._good[operation.label][0], {}, {})
            names = {name for name, _ in operation.credentials}
            kept = tuple(header for header in step.headers if header[0] not in names)
            yield dataclasses.replace(step, headers=(*kept, *operation.credentials))

    def _before(self, *needs: Fed, without: str = "") -> list[Request]:
        """The requests that make what is needed, each once, the needs of these first."""
        steps: dict[str, Request] = {}
        for fed in needs:
            for reference in fed.values():
                self._make(reference, steps, DEPTH, without)
        return list(steps.values())

    def _make(self, reference: Reference, steps: dict[str, Request], depth: int, without: str) -> None:
        for source in reference.sources:
            operation = self._operations.get(source.label)
            if operation is None or depth == 0 or source.label == without:
                continue
            parameters, fields = self._parameters(operation), self._fields(operation)
            if source.label not in steps:
                for inner in (*parameters.values(), *fields.values()):
                    self._make(inner, steps, depth - 1, without)
            if source.label not in steps:
                steps[source.label] = self._step(operation, self._making(operation), parameters, fields)
            steps[source.label] = _capturing(steps[source.label], reference, source.label)

    def _making(self, operation: Operation) -> Case:
        """The case that makes or lists: another one each time for a POST, for a GET the one that filters least."""
        good = self._good[operation.label]
        if operation.method == "GET":
            return min(good, key=lambda case: len(case["query"]))
        return good[self._serial % len(good)]

    def _parameters(self, operation: Operation) -> Fed:
        found = {name: self._references.of_parameter(operation, name) for name in operation.parameters}
        return {name: reference for name, reference in found.items() if reference is not None}

    def _fields(self, operation: Operation) -> Fed:
        named = [pair for case in self._good[operation.label] for pair in _fields_of(case)]
        ids = {name for name, is_id in named if is_id}
        found = {name: self._references.of_field(operation, name, in_name_only=name in ids) for name, _ in named}
        return {name: reference for name, reference in found.items() if reference is not None}

    def _step(self, operation: Operation, case: Case, parameters: Fed, fields: Fed) -> Request:
        self._serial += 1
        names = [{key: reference.name for key, reference in fed.items()} for fed in (parameters, fields)]
        return step_of(operation, case, Feed(names[0], names[1]), self._withheld, self._serial)

    def _scenario(self, title: str, steps: Sequence[Request]) -> Scenario:
        self._names[title] += 1
        numbered = tuple(dataclasses.replace(step, number=number) for number, step in enumerate(steps, 1))
        return Scenario(f"openapi {title} {self._names[title]}", FILE, numbered, origin="generated")


def _from(maker: Operation, reference: Reference) -> bool:
    return any(source.label == maker.label for source in reference.sources)


def _capturing(step: Request, reference: Reference, label: str) -> Request:
    """The step with the capture that a reference has for it."""
    if any(capture.name == reference.name for capture in step.captures):
        return step
    expression = next(source.expression for source in reference.sources if source.label == label)
    return dataclasses.replace(step, captures=(*step.captures, Capture.parse(reference.name, expression)))


def _good(cases: Iterable[Case]) -> list[Case]:
    """Boundary and valid cases in turn: boundaries are much alike, and equals are in conflict sooner."""
    kinds = [[case for case in cases if case["kind"] == kind] for kind in ("boundary", "valid")]
    return [case for pair in zip_longest(*kinds) for case in pair if case is not None]


def _fields_of(case: Case) -> Iterator[tuple[str, bool]]:
    """The names in a query and, at any depth, in a body; and whether the value there could be an id."""
    yield from ((name, False) for name in case["query"])
    stack = [case.get("body")]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield from ((name, bool(ID.fullmatch(str(inner)))) for name, inner in value.items())
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _distinct(steps: Iterable[Request]) -> list[Request]:
    """Steps that differ; with their ids fed by references, some are the same."""
    found: list[Request] = []
    for step in steps:
        if step not in found:
            found.append(step)
    return found


def _parts(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])
