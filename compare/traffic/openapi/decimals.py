"""Decimals as pydantic describes them: a number, or any text at all (in older versions one with a look-ahead pattern).

Neither form says that the text is a number or how many places there may be. So almost nothing generated from it would
be taken, and no route with a price in its body would ever be seen to work. Here it is said in a way that can be
followed: a whole number within the same bounds, or a text with two places.
"""

from __future__ import annotations

from typing import Any

LOOK_AHEAD = "^(?!^[-+.]*$)"
TWO_PLACES = {"type": "string", "pattern": r"^[1-9][0-9]{0,2}\.[0-9]{2}$"}


def followable(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """A copy of a document in which every such decimal can be generated from."""
    if isinstance(node, list):
        return [followable(item) for item in node]
    if not isinstance(node, dict):
        return node
    copied = {key: followable(value) for key, value in node.items()}
    options = copied.get("anyOf")
    if isinstance(options, list) and any(map(_is_number, options)) and any(map(_is_any_text, options)):
        copied["anyOf"] = [
            {**option, "type": "integer"} if _is_number(option) else TWO_PLACES if _is_any_text(option) else option
            for option in options
        ]
    return copied


def _is_number(option: object) -> bool:
    return isinstance(option, dict) and option.get("type") == "number"


def _is_any_text(option: object) -> bool:
    """Whether an alternative is a text that says nothing of what is in it, or a decimal's pattern."""
    if not isinstance(option, dict) or option.get("type") != "string":
        return False
    return set(option) == {"type"} or str(option.get("pattern", "")).startswith(LOOK_AHEAD)
