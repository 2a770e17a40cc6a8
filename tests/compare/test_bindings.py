"""The one-to-one record of pairs: the same whether a pair is in memory or on disk, and gone with its run."""

import copy
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing

import pytest

from compare.verdict import bindings as module
from compare.verdict import known as known_module
from compare.verdict.bindings import Bindings
from compare.verdict.known import Known

MANY = 200


@pytest.fixture
def bindings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bindings]:
    """A record that holds ten pairs in memory, with many more in it."""
    monkeypatch.setattr(module, "HELD", 10)
    monkeypatch.setattr(module, "FOUND", 20)
    with closing(Bindings()) as filled:
        for number in range(MANY):
            assert filled.bind("token", f"legacy {number}", f"async {number}", f"place {number}") is None
        yield filled


def test_a_pair_of_long_ago_still_holds(bindings: Bindings) -> None:
    assert bindings.bind("token", "legacy 0", "async 0", "here") is None
    assert bindings.image("token", "legacy 0", of_legacy=True) == "async 0"
    assert bindings.image("token", "async 0", of_legacy=False) == "async 0"


def test_a_pair_that_breaks_one_of_long_ago_is_told_with_its_place(bindings: Bindings) -> None:
    said = bindings.bind("token", "legacy 3", "async 4", "here")
    assert said == "what legacy has here stood for 'async 3' on async at place 3"
    said = bindings.bind("token", "new", "async 4", "here")
    assert said == "what async has here stood for 'legacy 4' on legacy at place 4"


def test_a_number_is_not_the_text_of_it(bindings: Bindings) -> None:
    assert bindings.bind("token", "17", "18", "here") is None
    assert bindings.bind("time", 17, 19, "here") is None
    for number in range(MANY):
        bindings.bind("token", f"more {number}", f"more {number}", "here")
    assert bindings.image("time", 17, of_legacy=True) == 19
    assert bindings.image("token", "17", of_legacy=True) == "18"
    assert bindings.image("time", "17", of_legacy=True) is None


def test_undoing_forgets_pairs_in_memory_and_on_disk_alike(bindings: Bindings) -> None:
    mark = bindings.mark()
    for number in range(MANY):
        bindings.bind("token", f"later {number}", f"then {number}", "here")
    assert bindings.image("token", "later 0", of_legacy=True) == "then 0"
    bindings.undo(mark)
    assert bindings.mark() == mark
    assert [bindings.image("token", f"later {number}", of_legacy=True) for number in range(MANY)] == [None] * MANY
    assert bindings.image("token", f"legacy {MANY - 1}", of_legacy=True) == f"async {MANY - 1}"
    assert bindings.bind("token", "later 0", "another", "here") is None


def test_undoing_before_a_pair_that_went_to_disk_forgets_it(bindings: Bindings) -> None:
    bindings.undo(5)
    assert bindings.image("token", "legacy 4", of_legacy=True) == "async 4"
    assert bindings.image("token", "legacy 5", of_legacy=True) is None
    assert bindings.bind("token", "legacy 5", "anything", "here") is None


def test_a_copy_goes_its_own_way(bindings: Bindings) -> None:
    with closing(copy.deepcopy(bindings)) as twin:
        for number in range(MANY):
            twin.bind("token", f"twin {number}", f"twin {number}", "here")
        assert twin.image("token", "legacy 0", of_legacy=True) == "async 0"
        assert bindings.image("token", "twin 0", of_legacy=True) is None


def test_a_place_may_be_named_by_half_a_character(bindings: Bindings) -> None:
    bindings.bind("token", "odd", "strange", "body.\ud800")
    for number in range(MANY):
        bindings.bind("token", f"more {number}", f"more {number}", "here")
    assert bindings.bind("token", "odd", "other", "here") == (
        "what legacy has here stood for 'strange' on async at body.\ud800"
    )


def test_what_was_closed_does_not_answer(bindings: Bindings) -> None:
    bindings.close()
    with pytest.raises(sqlite3.ProgrammingError):
        bindings.image("token", "legacy 0", of_legacy=True)


def test_known_values_are_found_in_memory_on_disk_and_in_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "HELD", 10)
    with closing(Known()) as base, closing(Known(base)) as known:
        for number in range(25):
            base.add(("time", number))
            known.add(("token", str(number)))
        assert all(("time", number) in known and ("token", str(number)) in known for number in range(25))
        assert ("time", 25) not in known
        known.add(("time", 25))
        assert ("time", 25) in known
        assert ("time", 25) not in base


def test_a_value_from_before_the_run_stands_for_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "HELD", 1)
    with closing(Known()) as base, closing(Bindings(Known(base))) as bindings:
        base.add(("token", "old"))
        assert bindings.bind("token", "old", "old", "here") is None
        assert "legacy was there before the run" in (bindings.bind("token", "old", "new", "here") or "")
        assert "async was there before the run" in (bindings.bind("token", "new", "old", "here") or "")


def test_memory_does_not_grow_with_the_pairs() -> None:
    with closing(Bindings()) as bindings:

        def bind(start: int, end: int) -> None:
            for number in range(start, end):
                bindings.bind("token", f"legacy {number}", f"async {number}", "body.token")

        bind(0, 20_000)
        tracemalloc.start()
        try:
            bind(20_000, 60_000)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert grown < 3_000_000
