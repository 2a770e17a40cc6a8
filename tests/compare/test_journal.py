"""Which request wrote a row."""

import pytest

from compare.verdict.journal import WRAP, Journal
from compare.verdict.record import Context

FIRST, SECOND, THIRD = (Context(f"POST /{name}") for name in ("first", "second", "third"))


@pytest.fixture(params=[100, 5 * WRAP - 8], ids=["young", "at the turn of the counter"])
def begun(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def journal(begun: int) -> Journal:
    """Three steps: legacy wrote five transactions in each, async one in the first and none in the second."""
    journal = Journal((begun, begun))
    journal.note(FIRST, begun + 5, begun + 1)
    journal.note(SECOND, begun + 10, begun + 1)
    journal.note(THIRD, begun + 15, begun + 3)
    return journal


def test_a_row_is_laid_to_the_step_that_its_transaction_ran_in(journal: Journal, begun: int) -> None:
    written = [journal.writer((begun + number) % WRAP, None) for number in (0, 4, 5, 9, 10, 14)]
    assert written == [FIRST, FIRST, SECOND, SECOND, THIRD, THIRD]


def test_a_step_that_wrote_nothing_is_passed_over(journal: Journal, begun: int) -> None:
    assert journal.writer(None, (begun + 1) % WRAP) == THIRD


def test_of_two_sides_the_later_step_is_named(journal: Journal, begun: int) -> None:
    assert journal.writer((begun + 6) % WRAP, begun % WRAP) == SECOND


def test_a_row_from_before_the_traffic_is_laid_to_no_step(journal: Journal, begun: int) -> None:
    assert journal.writer((begun - 1) % WRAP, None) is None
    assert journal.writer((begun + 6) % WRAP, (begun - 1) % WRAP) == SECOND


def test_what_comes_after_the_last_step_is_laid_to_it(journal: Journal, begun: int) -> None:
    assert journal.writer((begun + 40) % WRAP, None) == THIRD


def test_before_any_step_there_is_no_writer() -> None:
    assert Journal((100, 100)).writer(101, 101) is None
