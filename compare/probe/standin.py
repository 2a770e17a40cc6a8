"""What is called in place of a function of the standard library, and how it is put there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = __name__.rpartition(".")[0]

Place = tuple[dict[str, Any], str, Any]  # a namespace, a name in it, and what the name meant before


class StandIn:
    """Called in place of a builtin function.

    Like a builtin, and unlike a function, it is not bound where it is a class's attribute: `converter = time.gmtime` in
    a `logging.Formatter` is what the documentation of logging recommends. It is pickled and copied by its name.
    """

    def __init__(self, original: Any, call: Callable[..., Any]) -> None:
        self.__wrapped__ = original
        self.__name__ = original.__name__
        self.__qualname__ = original.__qualname__
        self.__module__ = original.__module__
        self.__doc__ = original.__doc__
        self._call = call

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call it."""
        return self._call(*args, **options)

    def __repr__(self) -> str:
        return f"<{self.__name__}, watched by compare>"

    def __reduce__(self) -> str:
        return str(self.__name__)


def put(original: Any, replacement: Any) -> list[Place]:
    """Let every name that means `original` in any module loaded so far mean `replacement`; returns what it changed."""
    changed: list[Place] = []
    for name, module in list(sys.modules.items()):
        namespace = getattr(module, "__dict__", None)
        if not isinstance(namespace, dict) or name == _OURS or name.startswith(_OURS + "."):
            continue
        for key, value in list(namespace.items()):
            if value is original:
                namespace[key] = replacement
                changed.append((namespace, key, value))
    return changed
