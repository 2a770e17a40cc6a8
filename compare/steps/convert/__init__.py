"""Making functions async: which can be, which stay sync, and every edit that it takes.

Both the bridge and the peel stand on it, and so does the step that gives tests an async client.
"""

from compare.steps.convert.edges import beginning, edges, in_threads
from compare.steps.convert.edits import converted
from compare.steps.convert.plan import Plan, Stay, planned
from compare.steps.convert.streams import lines as streamed_lines

__all__ = ["Plan", "Stay", "beginning", "converted", "edges", "in_threads", "planned", "streamed_lines"]
