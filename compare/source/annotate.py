"""What a name with an annotation holds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.values import CLASS, NOTHING, OBJECT, Values, held, list_of, objects, one, tuple_of, union

if TYPE_CHECKING:
    from compare.source.evaluate import Evaluator

_LISTS = {
    "list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Collection", "MutableSequence",
    "AbstractSet", "deque", "Deque", "InstrumentedList", "Container",
}  # fmt: skip
_GENERATORS = {"Generator", "AsyncGenerator", "Iterator", "AsyncIterator", "AsyncIterable"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping", "DefaultDict", "OrderedDict", "defaultdict"}
_TRANSPARENT = {
    "Optional",
    "Union",
    "Mapped",
    "DynamicMapped",
    "WriteOnlyMapped",
    "Final",
    "ClassVar",
    "Required",
    "NotRequired",
}


def annotation(asked: Evaluator, node: ast.expr | None) -> Values:  # noqa: PLR0911 - one answer for each form
    """Return what a name with this annotation holds."""
    if node is None:
        return NOTHING
    if isinstance(node, ast.Constant):
        return _string_annotation(asked, node)
    if isinstance(node, ast.BinOp):
        return annotation(asked, node.left) | annotation(asked, node.right)
    if isinstance(node, ast.Subscript):
        return _generic(asked, node)
    if isinstance(node, ast.Name | ast.Attribute):
        return _typed(asked.expr(node))
    if isinstance(node, ast.List | ast.Tuple):
        return union(annotation(asked, each) for each in node.elts)
    return NOTHING


def _typed(values: Values) -> Values:
    bounds = [held(frozenset((value,))) for value in values if value.name == "typing.TypeVar"]
    return union([objects(values), *bounds])


def _string_annotation(asked: Evaluator, node: ast.Constant) -> Values:
    if not isinstance(node.value, str):
        return NOTHING
    try:
        inner = ast.parse(node.value.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return NOTHING
    found = annotation(asked, inner)
    if not found and isinstance(inner, ast.Name):  # a class that is imported for type checkers alone, or further down
        found = objects(asked.reading.mapped_by_name(inner.id))
    return found


def _generic(asked: Evaluator, node: ast.Subscript) -> Values:  # noqa: C901, PLR0911 - one answer for each generic type
    base = asked.expr(node.value)
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    names = {value.name.rpartition(".")[2] for value in base if not value.own}
    if "Annotated" in names:
        return _annotated(asked, parts)
    if names & _TRANSPARENT:
        return union(annotation(asked, part) for part in parts)
    if names & _LISTS:
        return list_of(annotation(asked, parts[0]))
    if names & _GENERATORS:
        return one(OBJECT, library.GENERATOR, annotation(asked, parts[0]))
    if names & _DICTS:
        return one(OBJECT, "dict", annotation(asked, parts[-1]))
    if names & {"tuple", "Tuple"}:
        return tuple_of(*(annotation(asked, part) for part in parts if not isinstance(part, ast.Constant)))
    if names & {"type", "Type"}:
        return frozenset(value._replace(kind=CLASS) for value in annotation(asked, parts[0]) if value.kind == OBJECT)
    if "Concatenate" in names:
        return union(annotation(asked, part) for part in parts)
    if "Callable" in names and len(parts) > 1:
        annotation(asked, parts[0])  # gives nothing, and lets it be known what is named there
        return one(OBJECT, "callable", annotation(asked, parts[-1]))
    if names & {"Awaitable", "Coroutine"}:
        return one(OBJECT, library.COROUTINE, annotation(asked, parts[-1]))
    if names & {"ContextManager", "AbstractContextManager", "AsyncContextManager", "AbstractAsyncContextManager"}:
        return one(OBJECT, library.CONTEXT, annotation(asked, parts[0]))
    return _generic_library(asked, base, parts)


def _generic_library(asked: Evaluator, base: Values, parts: list[ast.expr]) -> Values:
    found: list[Values] = []
    for value in base:
        if value.kind == CLASS and value.name in {library.SELECT, library.RESULT, library.SCALARS, library.QUERY}:
            inner = union(annotation(asked, part) for part in parts)
            flat = union(union(each.args) if each.name == "tuple" else frozenset((each,)) for each in inner)
            found.append(one(OBJECT, value.name, flat))
        elif value.kind == CLASS and value.name in {library.FACTORY, library.ASYNC_FACTORY}:
            own = frozenset(each for each in annotation(asked, parts[0]) if each.own)
            found.append(one(OBJECT, value.name, own))
        else:
            found.append(_typed(frozenset((value,))))
    return union(found)


def _annotated(asked: Evaluator, parts: list[ast.expr]) -> Values:
    typed = annotation(asked, parts[0])
    extras = [asked.expr(part) for part in parts[1:]]
    given = [held(frozenset((value,))) for values in extras for value in values if value.name == "fastapi.Depends"]
    return union([typed, *given])
