"""Step 2: the query API becomes `select()`, with the same SQL."""

from compare.steps.select.families import selected
from compare.steps.select.place import Left
from compare.steps.select.proof import Proof, proved

__all__ = ["Left", "Proof", "proved", "selected"]
