"""Figures, not verdicts: timings are printed with the machine they were taken on, and never pass or fail a build."""
