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
    "RUN003": Entry(
        "unstable on its own",
        "A side answers differently when it is asked the same thing twice on the same data, so this says nothing about "
        "the other side. It is held apart.",
        "make it deterministic (an ORDER BY, a fixed seed), or leave it: it is not counted as a difference",
        severity="information",
    ),
    "RUN004": Entry(
        "ignored",
        "An ignore rule of the configuration covers this.",
        "take the rule out of the configuration to see it as what it is",
        severity="information",
    ),
}
