"""Step 2: the query API becomes `select()`, with the same SQL."""

from compare.steps.select.families import Left, selected

__all__ = ["Left", "selected"]
