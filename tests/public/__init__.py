"""Claims that are shown on other people's applications; none of them is in this repository."""
