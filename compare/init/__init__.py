"""`compare init`: look at a project, and write a configuration to begin with.

Nothing of the project is imported or run: its files are read. What cannot be known is written down as a question, in a
comment beside the key that answers it.
"""

from compare.init.document import document
from compare.init.project import Project, looked_at

__all__ = ["Project", "document", "looked_at"]
