"""What the probe hears of logs, warnings and implicit loads."""

from compare.subjects.moments import ImplicitLoad, Logged

from .probed.serving import Probed


def test_records_from_warning_upwards_come_with_their_template(threaded: Probed) -> None:
    (record,) = threaded.trace("/logs").of(Logged)

    assert (record.level, record.logger) == ("WARNING", "shelf")
    assert (record.message, record.template) == ("low on shelves", "low on %s")


def test_every_coroutine_that_is_never_awaited_is_told_not_once_a_line(looped: Probed) -> None:
    records = looped.trace("/forgotten", "POST").of(Logged)

    assert [record.message for record in records] == ["coroutine 'AsyncSession.flush' was never awaited"] * 2
    assert {(record.logger, record.error) for record in records} == {("py.warnings", "RuntimeWarning")}


def test_what_the_loop_reports_is_logged_for_the_request(looped: Probed) -> None:
    (record,) = looped.trace("/broken-task").of(Logged)

    assert (record.logger, record.error) == ("asyncio", "LookupError")


def test_loads_that_nobody_wrote_are_named_and_refreshes_are_not(threaded: Probed) -> None:
    loads = threaded.trace("/lazy").of(ImplicitLoad)

    assert [(load.kind, load.name, load.refused) for load in loads] == [
        ("lazy", "Shelf.books", False),
        ("column", "Shelf.*", False),
    ]


def test_a_load_that_raiseload_refuses_is_told(threaded: Probed) -> None:
    loads = threaded.trace("/refused").of(ImplicitLoad)

    assert [(load.kind, load.name, load.refused) for load in loads] == [("lazy", "Shelf.books", True)]


def test_a_load_that_asyncio_refuses_is_told_and_is_no_statement(looped: Probed) -> None:
    trace = looped.trace("/lazy")
    loads = trace.of(ImplicitLoad)

    assert [(load.kind, load.name, load.refused) for load in loads] == [("lazy", "Shelf.books", True)]
    assert len(trace.statements) == 1
