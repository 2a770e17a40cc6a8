"""Schemathesis and Hypothesis as generators of requests, in a process of their own.

Run by `compare.traffic.openapi.cases` as a script, for three reasons: what it draws must depend on the document and
the seed alone, not on the hash seed, on earlier draws or on the modules that happen to be loaded (Hypothesis takes
constants from them); a schema that keeps a generator busy for ever can be stopped; and neither library is imported
into a run that did not ask for it. It imports nothing of compare.

Standard input is one JSON object: `document`, `operations` (labels, `POST /orders`), `examples`, `seed`. Standard
output is one JSON line an operation, `{"operation", "cases"}` or `{"operation", "skipped"}`, or `{"failed"}`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import random
import sys
import warnings
from typing import TYPE_CHECKING, Any

import hypothesis
import schemathesis
from hypothesis.internal.conjecture import providers
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode

if TYPE_CHECKING:
    from collections.abc import Iterator

# Shares of the examples of an operation, in percent; what one kind has too few of goes to the valid ones.
BOUNDARY, INVALID_BY_RULE, INVALID_AT_RANDOM = 30, 25, 15
# Of the methods that an operation does not have; two are enough to see what an app answers.
UNEXPECTED_METHODS = frozenset({"DELETE", "PATCH"})
ROOM = 4  # how many times more draws than examples: many are alike
Case = dict[str, Any]


def main() -> None:
    """Answer the one request of standard input."""
    warnings.simplefilter("ignore")  # schemathesis warns of schemas; what matters is told as "skipped"
    logging.disable()
    # Hypothesis mixes in constants of the "local" modules that are loaded: the same seed must not depend on them.
    providers.is_local_module_file = lambda _path: False  # type: ignore[assignment, attr-defined]  # imported there
    asked = json.load(sys.stdin)
    try:
        schema = _schema(asked["document"])
    except Exception as error:  # noqa: BLE001 - the document is anybody's; whatever it breaks is told in words
        _tell({"failed": _words(error)})
        return
    wanted = set(asked["operations"])
    for result in schema.get_all_operations():
        try:
            operation = result.ok()
        except Exception:  # noqa: BLE001 - as above; which operation it is, the asking side finds out by its absence
            refused = result.err()
            label = f"{str(refused.method or '').upper()} {refused.path}"
            if label in wanted:
                _tell({"operation": label, "skipped": _words(refused)})
            continue
        if operation.label in wanted:
            _tell(_answer(schema, operation, asked["examples"], asked["seed"]))


def _schema(document: dict[str, Any]) -> Any:  # noqa: ANN401 - OpenApiSchema is no public name
    config = SchemathesisConfig()  # not the discovered one: a schemathesis.toml must not change what is sent
    config.projects.default.generation.with_security_parameters = False
    config.projects.default.phases.coverage.unexpected_methods = set(UNEXPECTED_METHODS)
    return schemathesis.openapi.from_dict(document, config=config)


def _answer(schema: Any, operation: Any, examples: int, seed: int) -> Case:  # noqa: ANN401 - as above
    random.seed(seed)
    number = int.from_bytes(hashlib.sha256(f"{seed} {operation.label}".encode()).digest()[:8], "big")
    try:
        return {"operation": operation.label, "cases": _cases(schema, operation, examples, number)}
    except Exception as error:  # noqa: BLE001 - as in main
        return {"operation": operation.label, "skipped": _words(error)}


def _cases(schema: Any, operation: Any, examples: int, number: int) -> list[Case]:  # noqa: ANN401 - as above
    """Valid, boundary and invalid cases, `examples` together where the schema allows for as many."""
    ruled = list(_by_rule(schema, operation))
    boundary = _spread([case for case in ruled if case["kind"] == "boundary"], max(1, examples * BOUNDARY // 100))
    wrong = _spread([case for case in ruled if case["kind"] == "invalid"], examples * INVALID_BY_RULE // 100)
    rest = max(0, examples * INVALID_AT_RANDOM // 100)
    random_wrong = _drawn(operation, GenerationMode.NEGATIVE, "invalid", rest, number + 1)
    left = examples - len(boundary) - len(wrong) - len(random_wrong)
    valid = _drawn(operation, GenerationMode.POSITIVE, "valid", left, number)
    return [*boundary, *valid, *wrong, *random_wrong][:examples]


def _by_rule(schema: Any, operation: Any) -> Iterator[Case]:  # noqa: ANN401 - as above
    """Every boundary and every single violation that the schema names; nothing here is left to chance."""
    seen: set[str] = set()
    config = schema.config.generation_for(operation=operation)
    for case in schema.iter_coverage_cases(operation, generation_modes=list(GenerationMode), generation_config=config):
        kind = "boundary" if case.meta.generation.mode is GenerationMode.POSITIVE else "invalid"
        yield from _plain(case, kind, seen)


def _drawn(operation: Any, mode: GenerationMode, kind: str, count: int, number: int) -> list[Case]:  # noqa: ANN401 - as above
    found: list[Case] = []
    seen: set[str] = set()
    if count <= 0:
        return found

    @hypothesis.seed(number)
    @hypothesis.settings(
        database=None,
        deadline=None,
        max_examples=count * ROOM,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:  # noqa: ANN401 - as above
        found.extend(_plain(case, kind, seen))
        if len(found) >= count:
            raise _EnoughError

    # Unsatisfiable: no request of this operation can be invalid, say.
    with contextlib.suppress(hypothesis.errors.Unsatisfiable, _EnoughError):
        draw()
    return found[:count]


class _EnoughError(Exception):
    """Ends a drawing."""


def _spread(cases: list[Case], count: int) -> list[Case]:
    """`count` of the cases, evenly spread, the first always among them."""
    if len(cases) <= count:
        return cases
    return [cases[index * len(cases) // count] for index in range(count)]


def _plain(case: Any, kind: str, seen: set[str]) -> Iterator[Case]:  # noqa: ANN401 - as above
    """The case as JSON, unless it is there already or holds what no JSON can."""
    plain = {
        "kind": kind,
        "method": case.method,
        "path": case.path_parameters or {},
        "query": dict(case.query or {}),
        "headers": dict(case.headers or {}),
        "cookies": dict(case.cookies or {}),
        "media_type": case.media_type,
    }
    if type(case.body).__name__ != "NotSet":
        plain["body"] = case.body
    try:
        text = json.dumps(plain, default=_bytes, allow_nan=False, sort_keys=True)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        return
    if text not in seen:
        seen.add(text)
        yield json.loads(text)


def _bytes(value: object) -> object:
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def _words(error: object) -> str:
    """The first line of what an error says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
