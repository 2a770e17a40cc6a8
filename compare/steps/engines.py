"""What an engine is made with: the arguments of libpq and of psycopg2's dialect, in asyncpg's words.

Source: traps T11 and T12; asyncpg's `connect()`, and PostgreSQL's documentation of libpq's parameters.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from compare.steps.rewrite import Edit, Edits

# Arguments of `create_engine` that the async dialect refuses.
_GONE = {
    "executemany_mode", "client_encoding", "use_batch_mode", "executemany_batch_page_size",
    "executemany_values_page_size", "server_side_cursors",
}  # fmt: skip
_RENAMED = {"connect_timeout": "timeout", "sslmode": "ssl"}
_SETTINGS = {"application_name", "search_path", "timezone", "statement_timeout", "lock_timeout"}
_KEPT_ALIVE = {"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"}
_OPTION = re.compile(r"-c\s*(\w[\w.]*)=(\S+)")


def asyncpg_arguments(call: ast.Call, edits: Edits) -> bool:
    """Change what an engine is made with, where that is written out; the name is changed by whoever asked."""
    if ast.unparse(call.func).rpartition(".")[2] not in {"create_engine", "engine_from_config"}:
        return False
    for keyword in call.keywords:
        if keyword.arg == "connect_args" and isinstance(keyword.value, ast.Dict) and _is_known(keyword.value):
            edits.change(keyword.value, _arguments, "connect_args in asyncpg's words")
    gone = {keyword.arg for keyword in call.keywords if _is_gone(keyword)}
    if gone:
        edits.change(call, _without(gone), "engine argument dropped")
    return False


def _is_gone(keyword: ast.keyword) -> bool:
    pool = keyword.arg == "poolclass" and ast.unparse(keyword.value).rpartition(".")[2] == "QueuePool"
    return keyword.arg in _GONE or pool


def _is_known(node: ast.Dict) -> bool:
    """Whether every key is one that has a word in asyncpg."""
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant):
            return False
        if key.value == "options":
            if not isinstance(value, ast.Constant) or _OPTION.sub("", str(value.value)).strip():
                return False
        elif key.value not in _RENAMED.keys() | _SETTINGS | _KEPT_ALIVE:
            return False
    return True


def _arguments(node: cst.CSTNode) -> cst.CSTNode:
    whole = cst.ensure_type(node, cst.Dict)
    found: list[cst.DictElement] = []
    settings: list[cst.DictElement] = []
    for element in whole.elements:
        pair = cst.ensure_type(element, cst.DictElement)
        name = str(cst.ensure_type(pair.key, cst.SimpleString).evaluated_value)
        if name in _RENAMED:
            found.append(pair.with_changes(key=_text(_RENAMED[name])))
        elif name == "options":
            value = str(cst.ensure_type(pair.value, cst.SimpleString).evaluated_value)
            settings += [cst.DictElement(_text(key), _text(given)) for key, given in _OPTION.findall(value)]
        elif name in _SETTINGS:
            settings.append(pair.with_changes(comma=cst.MaybeSentinel.DEFAULT))
    if settings:
        comma = whole.elements[-1].comma
        found.append(cst.DictElement(_text("server_settings"), cst.Dict(settings), comma=comma))
    return whole.with_changes(elements=found)


def _text(value: str) -> cst.SimpleString:
    return cst.SimpleString(f'"{value}"')


def _without(names: set[str | None]) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        kept = [each for each in call.args if not each.keyword or each.keyword.value not in names]
        if kept and not isinstance(call.args[-1].comma, cst.Comma):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return call.with_changes(args=kept)

    return edit
