"""The edit by hand that brings the fast routes to the twins' last branch: async_app/fast, as a patch of legacy_app.

`python -m tests.twins.fast_patch` writes it anew; a test says when that is due.
"""

from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAST = ROOT / "async_app" / "fast"
PATCH = ROOT / "tests" / "branches" / "12-optimize" / "1-fast.patch"

REASON = (
    "Which routes are worth a way of their own, and what it is, was measured and decided; the plain ones stay behind"
    " them, to be read and to be compared with."
)


def patch() -> str:
    """Return the patch that adds the folder; on the branches async_app is called legacy_app."""
    added = [_added(path) for path in sorted(FAST.iterdir()) if path.is_file()]
    return f"Reason: {REASON}\n\n{''.join(added)}"


def _added(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix().replace("async_app", "legacy_app")
    text = path.read_text(encoding="utf-8").replace("async_app", "legacy_app")
    lines = unified_diff([], text.splitlines(keepends=True), "/dev/null", f"b/{name}")
    return f"diff --git a/{name} b/{name}\nnew file mode 100644\n{''.join(lines)}"


if __name__ == "__main__":
    PATCH.write_text(patch(), encoding="utf-8")
