"""Where the relationships of mapped classes lead."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compare.source import library
from compare.source.annotate import annotation
from compare.source.tables import VARIABLE, Key
from compare.source.values import NOTHING, OBJECT, Values, list_of, objects, one, union

if TYPE_CHECKING:
    from compare.source.evaluate import Evaluator
    from compare.source.symbols import Class


def relationship(asked: Evaluator, node: ast.Call, owner: Class, note: ast.expr | None) -> Values:
    """Return the relationship that a mapped class's attribute is declared as: with the objects it leads to."""
    target = _target(asked, node, note)
    single = any(
        each.arg == "uselist" and isinstance(each.value, ast.Constant) and not each.value.value
        for each in node.keywords
    )
    told = annotation(asked, note) if note is not None else NOTHING
    if any(value.name == "list" for value in told):
        leads = list_of(target)
    elif single or (note is not None and told):
        leads = target
    else:  # one or many: what the foreign keys say, which a class alone does not
        leads = target | list_of(target)
    _backref(asked, node, target, owner)
    return one(OBJECT, library.RELATIONSHIP, leads)


def _target(asked: Evaluator, node: ast.Call, note: ast.expr | None) -> Values:
    named = next((each.value for each in node.keywords if each.arg in {"argument", "entity"}), None)
    first = node.args[0] if node.args else named
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return objects(asked.reading.mapped_by_name(first.value.rpartition(".")[2]))
    if isinstance(first, ast.Lambda):
        return objects(asked.expr(first.body))
    if first is not None and (found := objects(asked.expr(first))):
        return found
    told = annotation(asked, note)
    return union([frozenset(value for value in told if value.kind == OBJECT and value.own), library.items(told)])


def _backref(asked: Evaluator, node: ast.Call, target: Values, owner: Class) -> None:
    given = next((each.value for each in node.keywords if each.arg == "backref"), None)
    if isinstance(given, ast.Call) and given.args:
        given = given.args[0]
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        me = one(OBJECT, owner.id)
        leads = one(OBJECT, library.RELATIONSHIP, me | list_of(me))
        for value in target:
            asked.reading.tables.write(Key(VARIABLE, value.name, given.value), leads)
            asked.reading.backrefs.add((value.name, given.value))
