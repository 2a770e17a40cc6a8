"""The branches' copy of the fast routes is the fast routes."""

from tests.twins.fast_patch import PATCH, patch


def test_the_patch_of_the_last_branch_adds_the_fast_routes_as_they_are() -> None:
    held = PATCH.read_text(encoding="utf-8")
    assert held == patch(), "async_app/fast has changed: python -m tests.twins.fast_patch"
