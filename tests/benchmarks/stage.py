"""Several apps at the same traffic: each on a clone of one filled database, under load in turns."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from compare.bench import meter
from compare.bench.figures import Round
from compare.bench.script import Script
from compare.bench.sender import Sender
from compare.bench.taking import Taker
from compare.config import Config, SideName, load
from compare.postgres import Clone, Server, fill, running_server
from compare.process import scratch
from compare.subjects import Subject, started
from compare.verdict.side import Side

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds
ROUNDS = 5  # of what takes seconds each

#: By name: the side whose settings it takes, and the app.
APPS: dict[str, tuple[SideName, str]] = {
    "legacy": ("legacy", "legacy_app.main:create_app"),
    "async plain": ("async", "async_app.main:create_app"),
    "async": ("async", "async_app.fast:create_app"),
    "limit": ("async", "tests.benchmarks.limit.main:create_app"),
}
#: Enough customers, items and orders that requests at a time seldom meet on one row.
SEED = "python -m legacy_app.manage seed --customers 400 --items 4000 --orders 2000"


@dataclass(frozen=True)
class App:
    """One app, up.

    Attributes:
        name: As the tables call it.
        tokens: Bearer tokens that were put into its database, by the customers' ids.
        idle: Resident bytes before anything was asked.
    """

    name: str
    side: Side
    tokens: Mapping[int, str]
    idle: int

    @property
    def subject(self) -> Subject:
        """Its process."""
        return self.side.subject

    def fetch(self, statement: str) -> list[dict[str, object]]:
        """Rows of its database."""
        assert self.side.clone is not None
        return self.side.clone.fetch(statement)

    def asking(self, customer: int) -> tuple[tuple[str, str], ...]:
        """The headers of a customer's request."""
        return (("authorization", f"Bearer {self.tokens[customer]}"),)


def configured() -> Config:
    """The twins' configuration, with the rows of the benchmark."""
    config = load(ROOT / "pyproject.toml")
    database = config.database.model_copy(update={"setup": (config.database.setup[0], SEED)})
    return config.model_copy(update={"database": database})


@contextmanager
def filled(config: Config) -> Iterator[Server]:
    """A server whose template has the rows of the benchmark."""
    with running_server(None) as server:
        server.build_template(partial(fill, config))
        yield server


@contextmanager
def up(
    config: Config, server: Server, names: Sequence[str], env: Mapping[str, str] | None = None, more: str = ""
) -> Iterator[dict[str, App]]:
    """These apps, each on a clone with a token for every customer; `module:factory` is one of the async side."""
    with ExitStack() as stack:
        apps = {}
        for name in names:
            side, target = APPS.get(name, ("async", name))
            clone = stack.enter_context(server.clone(name.rpartition(":")[2].replace(" ", "-")))
            tokens = _issued(clone)
            if more:
                clone.execute(more)
            clone.execute("ANALYZE")
            told = config.side(side).model_copy(update={"app": target})
            subject = stack.enter_context(started(told, clone.address, env=env or {}))
            apps[name] = App(name, Side.of(subject, clone), tokens, meter.read(subject.pid).memory)
        yield apps


def _issued(clone: Clone) -> dict[int, str]:
    customers = [int(str(row["id"])) for row in clone.fetch("SELECT id FROM customers WHERE status = 'active'")]
    tokens = {customer: secrets.token_urlsafe(8) for customer in customers}
    for customer, token in tokens.items():
        clone.execute(
            "INSERT INTO login_tokens (customer_id, token_hash, lifetime, last_used_at)"
            " VALUES (%s, sha256(convert_to(%s, 'UTF8')), interval '1 day', now())",
            (customer, token),
        )
    return tokens


def alternating(  # noqa: PLR0913 - what a measurement is
    sender: Sender,
    apps: Mapping[str, App],
    load: Callable[[App, int], Sequence[Script]],
    *,
    clients: int,
    seconds: float = 1.0,
    rounds: int = 7,
) -> dict[str, list[Round]]:
    """Load all apps in turns, a first round for warming up; `load` makes the requests of a round by number."""
    taken: dict[str, list[Round]] = {name: [] for name in apps}
    taker = Taker(sender, PATIENCE)
    with scratch() as nothing:  # no probe is inside, so nothing is shown
        for number in range(rounds + 1):
            for name, app in list(apps.items())[:: 1 if number % 2 else -1]:
                done = taker.round(app.side, nothing, load(app, number), clients, seconds)
                if number:
                    taken[name].append(done)
    return taken


def one_by_one(apps: Mapping[str, App], work: Callable[[App, int], None]) -> dict[str, list[Round]]:
    """One request at a time, of all apps in turns: what takes seconds needs no load to be measured."""
    taken: dict[str, list[Round]] = {name: [] for name in apps}
    for number in range(ROUNDS + 1):
        for name, app in apps.items():
            before, begun = meter.read(app.subject.pid), time.perf_counter()
            with _watched(app) as highest:
                work(app, number)
            seconds, after = time.perf_counter() - begun, meter.read(app.subject.pid)
            if number:
                done = Round(1, None, seconds, [seconds], [], 1, taken=seconds, cpu=after.cpu - before.cpu)
                taken[name].append(replace(done, memory=max([*highest, after.memory]), threads=after.threads))
    return taken


@contextmanager
def _watched(app: App) -> Iterator[list[int]]:
    """The resident bytes of an app while the block runs."""
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(meter.read(app.subject.pid).memory)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
