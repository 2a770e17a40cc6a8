"""Changing a file's text where the reading of a program says so: with libcst, so that all else stays as it was.

A program is read with `ast`, which is quick; files are changed with libcst, which keeps comments, spaces and line ends.
What joins the two is where a node stands in the text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from compare.source import Module, Span
from compare.steps.imports import with_imports

Node = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
# Takes the node as its own parts were changed already, and gives what stands in its place.
Edit = Callable[[cst.CSTNode], Node]

EXPRESSION, STATEMENT, LINE, BLOCK, PARAMETER, KEYWORD, HANDLER = (
    "expression",
    "statement",
    "line",
    "block",
    "parameter",
    "keyword",
    "handler",
)
_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_BLOCKS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While,
    ast.If, ast.Try, ast.Match,
)  # fmt: skip
_KINDS: tuple[tuple[type[cst.CSTNode], str], ...] = (
    (cst.BaseExpression, EXPRESSION),
    (cst.BaseSmallStatement, STATEMENT),
    (cst.SimpleStatementLine, LINE),
    (cst.BaseCompoundStatement, BLOCK),
    (cst.Param, PARAMETER),
    (cst.Arg, KEYWORD),
    (cst.ExceptHandler, HANDLER),
)


@dataclass(eq=False)
class Edits:
    """What is to be changed in one file.

    Attributes:
        module: The file, as it was read.
        by_place: The edits of each node, by its kind and where it stands; done in the order in which they were asked
            for, children before parents.
        wanted: Imports that the new text needs: module, name ("" for the module itself), and what it is called here.
        dropped: Imports that go if nothing in the new text uses them any more.
        what: What was done, each as many times as it was.
    """

    module: Module
    by_place: dict[tuple[str, Span], list[Edit]] = field(default_factory=dict)
    wanted: list[tuple[str, str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    what: list[str] = field(default_factory=list)

    def change(
        self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler, edit: Edit, what: str = ""
    ) -> None:
        """Have an edit done to what stands where this node does."""
        kind = kind_of(node)
        self.by_place.setdefault((kind, _place(kind, self.module.span(node))), []).append(edit)
        if what:
            self.what.append(what)

    def change_line(self, node: ast.Expr, edit: Edit, what: str = "") -> None:
        """Have an edit done to the whole line of a statement, so that a block can take its place."""
        self.by_place.setdefault((LINE, _place(LINE, self.module.span(node))), []).append(edit)
        self.what.append(what)

    def want(self, module: str, name: str = "", called: str = "") -> None:
        """Have a name imported; `called` otherwise, where the file means something else by it."""
        self.wanted.append((module, name, called))

    def drop(self, module: str, name: str = "") -> None:
        """Have an import taken away, if nothing needs it any more."""
        self.dropped.append((module, name))

    def __bool__(self) -> bool:
        return bool(self.by_place or self.wanted or self.dropped)


def kind_of(node: ast.AST) -> str:
    """Return which kind of libcst node stands for a node."""
    if isinstance(node, ast.expr):
        return EXPRESSION
    if isinstance(node, _BLOCKS):
        return BLOCK
    if isinstance(node, ast.arg):
        return PARAMETER
    if isinstance(node, ast.keyword):
        return KEYWORD
    return HANDLER if isinstance(node, ast.excepthandler) else STATEMENT


def _place(kind: str, span: Span) -> Span:
    """Where libcst and `ast` agree: on both ends of an expression, else on the beginning."""
    return span if kind == EXPRESSION else Span(span.line, span.column, 0, 0)


def rewritten(edits: Edits) -> str:
    """Return the text of a file with its edits done.

    Raises:
        LookupError: An edit's node was not found in the text, which is a mistake of the step's.
    """
    text = edits.module.text
    if edits.by_place:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        places = wrapper.resolve(PositionProvider)
        rewriter = _Rewriter(edits.by_place, places)
        text = wrapper.module.visit(rewriter).code
        missed = set(edits.by_place) - rewriter.done
        if missed:
            kind, span = min(missed)
            raise LookupError(f"{edits.module.path}:{span.line}:{span.column + 1}: no {kind} stands there for libcst.")
    return with_imports(text, edits.wanted, edits.dropped)


def texts(edits: Edits, nodes: Iterable[ast.expr]) -> dict[ast.expr, str]:
    """Return what becomes of expressions of a file, each with the edits that are within it, and on it."""
    watched = {(EXPRESSION, edits.module.span(node)): node for node in nodes}
    wrapper = MetadataWrapper(cst.parse_module(edits.module.text), unsafe_skip_copy=True)
    rewriter = _Rewriter(edits.by_place, wrapper.resolve(PositionProvider), frozenset(watched))
    wrapper.module.visit(rewriter)
    return {watched[key]: cst.Module([]).code_for_node(node) for key, node in rewriter.seen.items()}


class _Rewriter(cst.CSTTransformer):
    def __init__(
        self,
        edits: dict[tuple[str, Span], list[Edit]],
        places: object,
        watched: frozenset[tuple[str, Span]] = frozenset(),
    ) -> None:
        super().__init__()
        self.edits = edits
        self.watched = watched
        self.seen: dict[tuple[str, Span], cst.CSTNode] = {}
        self.places: dict[cst.CSTNode, CodeRange] = places  # type: ignore[assignment] # a mapping, lazily filled
        self.lines = {span.line for _, span in (*edits, *watched)}
        self.done: set[tuple[str, Span]] = set()

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Node:  # type: ignore[override] # wider than libcst's own
        named = original_node.name if isinstance(original_node, cst.Param) else original_node  # `*` is before the name
        place = self.places.get(named)
        if place is None or place.start.line not in self.lines:
            return updated_node
        kind = next((kind for of, kind in _KINDS if isinstance(original_node, of)), "")
        if not kind:
            return updated_node
        span = Span(place.start.line, place.start.column, place.end.line, place.end.column)
        key = (kind, _place(kind, span))
        found: Node = updated_node
        if key in self.edits and key not in self.done:
            self.done.add(key)
            for edit in self.edits[key]:
                if isinstance(found, cst.CSTNode):
                    found = edit(found)
        if key in self.watched and isinstance(found, cst.CSTNode):
            self.seen[key] = found
        return found


def expression(node: cst.CSTNode) -> cst.BaseExpression:
    """Return a node that is known to be an expression.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(node, cst.BaseExpression):
        raise TypeError(f"{type(node).__name__} is no expression.")
    return node


def keyword_arg(name: str, value: cst.BaseExpression) -> cst.Arg:
    """Return the argument `name=value`."""
    return cst.Arg(value, keyword=cst.Name(name), equal=_EQUAL)


def beside(args: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Return arguments that stand beside another one: a generator expression needs parentheses of its own then."""
    return [
        each.with_changes(value=each.value.with_changes(lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),)))
        if isinstance(each.value, cst.GeneratorExp) and not each.value.lpar
        else each
        for each in args
    ]


def awaited(*, parenthesised: bool) -> Edit:
    """Return the edit that puts `await` before an expression.

    Args:
        parenthesised: Whether something follows the expression that binds tighter than `await`: `.scalars()`, `[0]`.
    """

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        whole = expression(node)
        around, inside = whole.lpar, whole.with_changes(lpar=(), rpar=())
        if around:
            return cst.Await(inside, lpar=around, rpar=whole.rpar)
        if parenthesised:
            return cst.Await(inside, lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))
        return cst.Await(inside)

    return edit


def replaced(code: str) -> Edit:
    """Return the edit that puts another expression in the place of one."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        found = cst.parse_expression(code)
        if isinstance(node, cst.BaseExpression) and node.lpar:
            return found.with_changes(lpar=node.lpar, rpar=node.rpar)
        return found

    return edit


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Return the parent of each node of a tree."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def binds_tighter(node: ast.expr, parent: ast.AST | None) -> bool:
    """Whether what stands around an expression binds tighter than `await` does."""
    return (
        (isinstance(parent, ast.Attribute) and parent.value is node)
        or (isinstance(parent, ast.Call) and parent.func is node)
        or (isinstance(parent, ast.Subscript) and parent.value is node)
    )
