"""Step 5: work that runs later, or at the same time, in a session of its own."""

from compare.steps.sessions.own import own_sessions

__all__ = ["own_sessions"]
