"""The wall clock of a request."""

from .probed.alone import told

CLOCK = 1_700_000_000_123_457

INSTALLED = f"""
CLOCK = {CLOCK}
import datetime, os, pickle, time
from datetime import timezone
true_now = datetime.datetime.now
clock.install(settings)
"""


def test_every_way_to_ask_for_the_time_gives_the_time_of_the_request() -> None:
    shown = told(
        INSTALLED
        + """
def ask():
    now, utc = datetime.datetime.now, timezone.utc
    return [
        time.time() == CLOCK / 1e6, time.time_ns() == CLOCK * 1000,
        now(utc).isoformat(), now(tz=utc) == now(utc), now().astimezone(utc) == now(utc),
        datetime.datetime.utcnow().isoformat(), datetime.datetime.today() == now(),
        datetime.date.today() == now().date(),
        time.gmtime()[:6], time.gmtime(None) == time.gmtime(), time.mktime(time.localtime()),
        time.ctime() == now().ctime(), time.asctime() == now().ctime(),
        time.strftime("%S"), time.clock_gettime(time.CLOCK_REALTIME) == time.time(),
    ]
said(within(ask, clock=CLOCK))
"""
    )

    iso = "2023-11-14T22:13:20.123457"
    assert shown == [
        *(True, True, f"{iso}+00:00", True, True, iso, True, True),
        *([2023, 11, 14, 22, 13, 20], True, CLOCK // 10**6, True, True, "20", True),
    ]


def test_times_that_are_given_and_monotonic_time_stay_what_they_are() -> None:
    assert (
        told(
            INSTALLED
            + """
def ask():
    return [
        time.gmtime(0)[:3] == (1970, 1, 1), time.ctime(0) == time.asctime(time.localtime(0)),
        time.strftime("%Y", time.gmtime(0)) == "1970", abs(time.monotonic() - before) < 60,
        abs(time.clock_gettime(time.CLOCK_MONOTONIC) - before) < 60,
    ]
before = time.monotonic()
said(within(ask, clock=CLOCK))
"""
        )
        == [True] * 5
    )


def test_outside_a_request_and_in_one_without_a_clock_it_is_the_true_time() -> None:
    assert (
        told(
            INSTALLED
            + """
import tempfile
def ask():
    with tempfile.TemporaryFile() as file:
        true = os.fstat(file.fileno()).st_mtime  # by the kernel's clock
    return [abs(shown - true) < 60 for shown in (time.time(), time.time_ns() / 1e9,
        datetime.datetime.now().timestamp(), datetime.datetime.today().timestamp())]
said(ask() + within(ask))
"""
        )
        == [True] * 8
    )


def test_the_clock_stands_for_a_second_and_then_runs_on() -> None:
    shown = told(
        INSTALLED
        + """
def ask(gone):
    request = entered(clock=CLOCK)
    request.begun -= gone
    return time.time() - CLOCK / 1e6
said([contextvars.copy_context().run(ask, gone) for gone in (0, 0.5, 10)])
"""
    )

    assert shown[:2] == [0, 0]
    assert 9 <= shown[2] < 60


def test_a_loop_that_waits_for_time_to_pass_ends() -> None:
    assert told(
        INSTALLED
        + """
def wait():
    until = datetime.datetime.now() + datetime.timedelta(seconds=0.05)
    while datetime.datetime.now() < until:
        time.sleep(0.01)
    return True
said(within(wait, clock=CLOCK))
"""
    )


def test_datetime_stays_the_type_that_it_is() -> None:
    assert (
        told(
            INSTALLED
            + """
import copy
class Own(datetime.datetime):
    pass
class Overridden(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return "own"
def ask():
    moment = datetime.datetime.now()
    return [
        type(moment) is type(datetime.datetime(2000, 1, 1)), isinstance(moment, datetime.date),
        pickle.loads(pickle.dumps(moment)) == moment, type(Own.now()) is Own, type(Own.utcnow()) is Own,
        type(Own.today()) is Own, Own.now() == moment, Overridden.now() == "own",
        true_now() != moment, pickle.loads(pickle.dumps(datetime.datetime.now))() == moment,
    ]
said(within(ask, clock=CLOCK))
"""
        )
        == [True] * 10
    )


def test_a_class_may_keep_a_function_of_time_as_an_attribute() -> None:
    assert told(
        INSTALLED
        + """
import copy, logging
class Utc(logging.Formatter):
    converter = time.gmtime
    now = time.time
record = logging.makeLogRecord({"created": 0.0})
said([Utc("%(asctime)s", "%Y").format(record), within(lambda: Utc().now(), clock=CLOCK) == CLOCK / 1e6,
      pickle.loads(pickle.dumps(time.time)) is time.time, copy.deepcopy(time.time) is time.time])
"""
    ) == ["1970", True, True, True]


def test_a_name_that_the_standard_library_has_imported_means_the_clock_too() -> None:
    assert (
        told(
            """
import time, types
early = sys.modules["early"] = types.ModuleType("early")
exec("from time import time", vars(early))
clock.install(settings)
said(within(lambda: early.time(), clock=5_000_000))
"""
        )
        == 5
    )


def test_tasks_and_threads_of_a_request_see_its_clock_and_others_their_own() -> None:
    assert told(
        INSTALLED
        + """
async def ask(second):
    entered(str(second), clock=second * 1_000_000)
    await asyncio.sleep(0)
    return [time.time(), *await asyncio.gather(asyncio.to_thread(time.time), asyncio.sleep(0, 0))]
async def main():
    return await asyncio.gather(ask(5), ask(7))
said(asyncio.run(main()))
"""
    ) == [[5, 5, 0], [7, 7, 0]]


def test_where_it_takes_no_effect_everything_is_left_as_it_was() -> None:
    shown = told(
        """
import datetime, time
before = [time.time, datetime.datetime.__dict__["now"], datetime.date.__dict__["today"]]
clock._true_time = lambda: 0.0
clock.install(settings)
after = [time.time, datetime.datetime.__dict__["now"], datetime.date.__dict__["today"]]
now = within(lambda: [time.time(), datetime.datetime.now().timestamp()], clock=5_000_000)
said([[a is b for a, b in zip(before, after)], [moment > 1e9 for moment in now], notes])
"""
    )

    assert shown[:2] == [[True] * 3, [True] * 2]
    ((kind, fields),) = shown[2]
    assert kind == "Prevention"
    assert (fields["what"], fields["ok"]) == ("clock", False)
    assert "where 0.0 was expected" in fields["reason"]


def test_it_is_left_alone_where_nothing_is_to_be_prevented() -> None:
    assert told(INSTALLED + "said(within(time.time, clock=5_000_000) > 1e9)", prevent=False)


def test_to_install_it_twice_is_to_install_it_once() -> None:
    assert told(INSTALLED + "one = time.time; clock.install(settings); said([time.time is one, notes])") == [True, []]
