"""The run itself: what could not be compared."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

RUN = {
    "RUN001": Entry(
        "scenario stopped early",
        "A step did not go as its scenario says, on both sides alike; what follows was not sent.",
        "mend the differences above first; if the step still fails, mend the scenario",
        severity="information",
    ),
    "RUN002": Entry(
        "no HTTP answer on either side",
        "Both sides timed out or closed the connection, so there was nothing to compare.",
        "run with --verbose to see what the sides printed",
        severity="information",
    ),
}
