"""Several apps at the same traffic: each on a clone of one filled database, under load in turns."""

import secrets
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from compare.bench import meter
from compare.bench.script import Script
from compare.bench.sender import Sender
from compare.config import Config, load
from compare.postgres import Clone, Server, fill, running_server
from compare.subjects import Subject, started

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds

#: By name: the side whose settings it takes, the app, and what it is told on top.
APPS: dict[str, tuple[str, str]] = {
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
    subject: Subject
    clone: Clone
    tokens: Mapping[int, str]
    idle: int

    def asking(self, customer: int) -> tuple[tuple[str, str], ...]:
        """The headers of a customer's request."""
        return (("authorization", f"Bearer {self.tokens[customer]}"),)


@dataclass
class Taken:
    """What all rounds of one app showed, a value a round unless it says otherwise.

    Attributes:
        throughput: Right answers a second.
        cpu: Seconds of the app's processor time for one right answer.
        p50: Seconds.
        p99: Seconds.
        memory: Resident bytes after a round.
        threads: After a round.
        bad: Answers that were wrong or missing, of all rounds.
    """

    throughput: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    threads: list[float] = field(default_factory=list)
    bad: int = 0


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
    """These apps, each on a clone with a token for every customer."""
    with ExitStack() as stack:
        apps = {}
        for name in names:
            side, target = APPS[name]
            clone = stack.enter_context(server.clone(name.replace(" ", "-")))
            tokens = _issued(clone)
            if more:
                clone.execute(more)
            clone.execute("ANALYZE")
            told = config.side(side).model_copy(update={"app": target})  # type: ignore[arg-type]  # a name of APPS
            subject = stack.enter_context(started(told, clone.address, env=env or {}))
            apps[name] = App(name, subject, clone, tokens, meter.read(subject.pid).memory)
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
) -> dict[str, Taken]:
    """Load all apps in turns, a first round for warming up; `load` makes the requests of a round by number."""
    taken = {name: Taken() for name in apps}
    for number in range(rounds + 1):
        for name, app in list(apps.items())[:: 1 if number % 2 else -1]:
            scripts = load(app, number)
            before: list[float] = []
            told = sender.send(
                app.subject.base_url,
                scripts,
                clients=clients,
                seconds=seconds,
                patience=PATIENCE,
                at_start=partial(_cpu, app, before),
            )
            after = meter.read(app.subject.pid)
            if number == 0:
                continue
            good = sorted(told["good"])
            one = taken[name]
            one.bad += len(told["bad"]) + told["hanging"]
            one.throughput.append(len(good) / told["taken"])
            one.cpu.append((after.cpu - before[0]) / max(1, len(good)))
            one.p50.append(good[len(good) // 2] / 1e6 if good else float("nan"))
            one.p99.append(good[int(len(good) * 0.99)] / 1e6 if good else float("nan"))
            one.memory.append(after.memory)
            one.threads.append(after.threads)
    return taken


def _cpu(app: App, into: list[float]) -> None:
    into.append(meter.read(app.subject.pid).cpu)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
