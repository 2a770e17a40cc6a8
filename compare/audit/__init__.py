"""`compare audit`: what must change in a program, read from its source."""

from compare.audit.audited import Audit, audited
from compare.audit.site import Site

__all__ = ["Audit", "Site", "audited"]
