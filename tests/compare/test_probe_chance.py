"""The random draws of a request."""

import uuid

import pytest

from .probed.alone import told

INSTALLED = """
import os, random, secrets, threading, uuid
SEED = bytes(range(16))
chance.install(settings)


def again(call, seed=SEED):
    # Is it the same in two requests of one seed, and another in one of another seed?
    given = (("a", seed), ("b", seed), ("c", b"x"))
    one, two, other = (repr(within(call, name, seed=start, clock=5_000_000)) for name, start in given)
    return [one == two, one != other]
"""

DRAWS = {
    "uuid1": "uuid.uuid1()",
    "uuid4": "uuid.uuid4()",
    "random": "random.random()",
    "randint": "random.randint(0, 10**9)",
    "randrange": "random.randrange(10**9)",
    "choice": "random.choice(range(10**9))",
    "choices": "random.choices(range(10**9), k=3)",
    "sample": "random.sample(range(10**9), 3)",
    "shuffle": "(lambda kept: (random.shuffle(kept), kept))(list(range(100)))",
    "getrandbits": "random.getrandbits(70)",
    "randbytes": "random.randbytes(9)",
    "uniform": "random.uniform(0, 1)",
    "gauss": "(random.gauss(0, 1), random.gauss(0, 1), random.gauss(0, 1))",
    "normalvariate": "random.normalvariate(0, 1)",
    "an instance": "random.Random().random()",
    "SystemRandom": "random.SystemRandom().randrange(10**9)",
    "token_bytes": "secrets.token_bytes(100)",
    "token_hex": "secrets.token_hex()",
    "token_urlsafe": "secrets.token_urlsafe()",
    "secrets.choice": "secrets.choice(range(10**9))",
    "randbelow": "secrets.randbelow(10**9)",
    "randbits": "secrets.randbits(50)",
    "secrets.SystemRandom": "secrets.SystemRandom().random()",
    "urandom": "os.urandom(16)",
    "getrandom": "os.getrandom(16)",
}


def test_every_draw_is_the_same_in_every_request_of_one_seed() -> None:
    calls = "{" + ", ".join(f"{name!r}: lambda: {call}" for name, call in DRAWS.items()) + "}"

    shown = told(
        f"""{INSTALLED}
random.gauss(0, 1)  # outside a request: it makes a second value, which is for outside too
said({{name: again(call) for name, call in {calls}.items()}})
"""
    )

    assert shown == {name: [True, True] for name in DRAWS}


def test_outside_a_request_and_without_a_seed_draws_are_true() -> None:
    calls = f"[{', '.join(f'lambda: {call}' for call in DRAWS.values())}]"

    shown = told(
        f"""{INSTALLED}
def differ(calls):
    return [repr(call()) != repr(call()) for call in calls]
said(differ({calls}) + [within(call) != within(call) for call in {calls}])
"""
    )

    assert set(shown) == {True}


def test_no_two_draws_of_a_request_are_equal() -> None:
    shown = told(
        INSTALLED
        + """
def draw():
    calls = (uuid.uuid1, uuid.uuid4, random.random, secrets.token_hex, lambda: os.urandom(16),
             random.SystemRandom().random)
    drawn, threads = [], []
    def work():
        for _ in range(100):
            drawn.extend(str(call()) for call in calls)
    for _ in range(4):
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=context.run, args=(work,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return len(drawn), len(set(drawn))
sys.setswitchinterval(1e-6)
said(within(draw, seed=SEED, clock=5_000_000))
"""
    )

    assert shown == [2400, 2400]


def test_draws_of_threads_are_counted_one_by_one() -> None:
    assert (
        told(
            INSTALLED
            + """
from compare_probe import draws
request, numbers = Request("r", seed=SEED), []
def count():
    numbers.extend([draws.counted(request, "kind") for _ in range(50_000)])
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=count) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
said(len(set(numbers)))
"""
        )
        == 200_000
    )


def test_kinds_do_not_shift_each_other() -> None:
    assert told(
        INSTALLED
        + """
def alone():
    return [str(uuid.uuid4()), random.random(), secrets.token_hex(), secrets.choice(range(10**9))]
def among():
    random.choice([1, 2]), random.shuffle([1, 2, 3]), os.urandom(5), uuid.uuid1(), secrets.randbits(5)
    random.SystemRandom().random(), random.randint(1, 6), random.Random()
    return alone()
said(within(alone, seed=SEED) == within(among, seed=SEED))
"""
    )


def test_what_a_driver_draws_does_not_shift_the_app() -> None:
    assert told(
        INSTALLED
        + """
driver = {"__name__": "asyncpg.connect_utils"}
exec("import secrets, os\\ndef login(): return secrets.token_bytes(8), os.urandom(8)", driver)
def draw(before):
    before()
    return secrets.token_hex(), os.urandom(8).hex()
said([within(lambda: draw(lambda: None), seed=SEED) == within(lambda: draw(driver["login"]), seed=SEED),
      within(driver["login"], seed=SEED) == within(driver["login"], seed=SEED)])
"""
    ) == [True, True]


@pytest.mark.parametrize("number", [1, 4])
def test_a_uuid_is_a_valid_one_of_its_version(number: int) -> None:
    drawn = uuid.UUID(told(f"{INSTALLED}said(str(within(uuid.uuid{number}, seed=SEED, clock=1_700_000_000_000_000)))"))

    assert drawn.version == number
    assert drawn.variant == uuid.RFC_4122


def test_uuids_of_time_tell_the_time_of_the_request() -> None:
    shown = told(
        INSTALLED
        + """
def draw():
    return [uuid.uuid1().time for _ in range(3)] + [uuid.uuid1(node=7, clock_seq=5).fields[-3:]]
said(within(draw, seed=SEED, clock=1_700_000_000_000_000))
"""
    )

    began = 1_700_000_000 * 10**7 + 0x01B21DD213814000
    assert shown == [began, began + 1, began + 2, [0x80, 5, 7]]


def test_newer_versions_are_drawn_where_python_has_them() -> None:
    shown = told(
        """
import uuid
# Stand-ins for what Python 3.14 brings, so that older ones run the same code.
uuid.uuid6 = lambda node=None, clock_seq=None: "true"
uuid.uuid7 = lambda: "true"
uuid.uuid8 = lambda a=None, b=None, c=None: "true"
chance.install(settings)
def draw():
    found = [[call() for _ in range(3)] for call in (uuid.uuid6, uuid.uuid7, uuid.uuid8)]
    assert all(found[n] == sorted(found[n]) and len(set(found[n])) == 3 for n in (0, 1)), found
    return [str(found[0][0]), str(found[1][0]), str(found[2][0]), str(uuid.uuid8(1, 2, 3))]
said([within(draw, seed=b"1", clock=1_700_000_000_000_000), within(draw, seed=b"1", clock=1_700_000_000_000_000),
      uuid.uuid6(), uuid.uuid7(), uuid.uuid8()])
"""
    )

    one, two, *true = shown
    assert one == two
    assert true == ["true"] * 3
    assert [text[14] for text in one] == ["6", "7", "8", "8"]
    assert {text[19] for text in one} <= set("89ab")
    assert int(one[1].replace("-", "")[:12], 16) == 1_700_000_000_000
    assert one[3] == "00000000-0001-8002-8000-000000000003"


def test_a_seed_of_the_apps_own_holds_for_the_rest_of_the_request() -> None:
    assert (
        told(
            INSTALLED
            + """
def values(source):
    kept = list(range(20))
    source.shuffle(kept)
    return [source.random(), source.gauss(0, 1), source.gauss(0, 1), source.sample(range(99), 5), kept,
            source.randbytes(5), source.getrandbits(9)]
def draw():
    random.seed("own")
    return values(random)
def afterwards():
    entered("other", seed=SEED)
    return random.random()
def whole():
    before = random.random()
    first = draw()
    entered("other", seed=SEED)
    return [first, before == random.random()]
def reseeded():
    random.seed(5)
    random.seed()
    return random.random()
def state():
    kept = random.getstate()
    one = random.random()
    random.setstate(kept)
    return one == random.random()
expected = values(random.Random("own"))
said([within(whole, seed=SEED) == [expected, True], within(draw, "next", seed=SEED) == expected,
      within(reseeded, "third", seed=SEED) == within(random.random, "fourth", seed=SEED),
      within(state, "fifth", seed=SEED)])
"""
        )
        == [True] * 4
    )


def test_outside_a_request_random_follows_its_seed_exactly() -> None:
    assert (
        told(
            INSTALLED
            + """
def values(source):
    return [source.random(), source.gauss(0, 1), source.gauss(0, 1), source.sample(range(99), 5), source.choice("abc")]
random.seed(42)
first = values(random)
state = random.getstate()
one = values(random)
random.setstate(state)
said([first == values(random.Random(42)), one == values(random), type(random._inst.random()) is float])
"""
        )
        == [True] * 3
    )


def test_names_of_temporary_files_stay_random() -> None:
    assert told(
        INSTALLED
        + """
import multiprocessing, tempfile
tempfile.gettempdir()  # the first to be asked makes a file to try
def name():
    with tempfile.NamedTemporaryFile() as file:
        return file.name
def both():
    tempfile._name_sequence = None  # as in a new process
    return name()
lock = within(multiprocessing.Lock, seed=SEED)
said([within(both, seed=SEED) != within(both, seed=SEED), lock.acquire()])
"""
    ) == [True, True]


def test_they_are_left_alone_where_nothing_is_to_be_prevented() -> None:
    assert told(INSTALLED + "said(again(uuid.uuid4)[0])", prevent=False) is False


def test_to_install_it_twice_is_to_install_it_once() -> None:
    assert told(
        INSTALLED + "one = os.urandom, random.random; chance.install(settings);"
        "said([os.urandom is one[0], random.random == one[1]])"
    ) == [True, True]
