"""A whole run of tuning: the server, the load, what the app has itself, the search, and the last rounds."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import psutil

from compare.bench.rehearsal import rehearsed
from compare.bench.sender import sending
from compare.bench.taking import Taker, machine, postmaster
from compare.bench.tune.result import Tuning
from compare.bench.tune.room import granted_to, space_of
from compare.bench.tune.search import Decision, decided, finalists, searched
from compare.bench.tune.session import Session, opened, prepared
from compare.bench.tune.setting import AS_IT_IS
from compare.bench.workload import mixed
from compare.errors import CouldNotRunError, UsageError
from compare.postgres import fill, running_server
from compare.subjects import checked_out
from compare.verdict.events import Stage
from compare.verdict.sides import check_writes

if TYPE_CHECKING:
    from compare.bench.sender import Sender
    from compare.bench.tune.own import Own
    from compare.bench.tune.trial import Trial
    from compare.bench.workload import Workload
    from compare.config import Config, SideName
    from compare.postgres import Server
    from compare.verdict.events import Listener
    from compare.verdict.plan import Plan

FEWEST_CLIENTS = 64
MOST_CLIENTS = 512
SEARCH = 0.65  # of the time: until when a setting may be tried; what is left is for the last rounds


def tune(  # noqa: PLR0913 - what a run is
    config: Config,
    plan: Plan,
    name: SideName,
    listener: Listener,
    *,
    connections: int | None = None,
    clients: int | None = None,
) -> Tuning:
    """Find out what pool and how many threads serve a side best.

    Args:
        config: with its options of load.
        plan: where the load comes from.
        name: the side.
        listener: hears of progress.
        connections: that the database grants the app, in all its processes; None is what it can open now.
        clients: that send at a time; None is as many as it takes.

    Raises:
        UsageError: the side cannot be tuned, or not within so many connections.
        CouldNotRunError: the database, the set-up or the app does not start.
    """
    begun = time.monotonic()
    _check(config, name, connections)
    check_writes(config, plan.written)
    with checked_out(config) as taken:
        listener(Stage("starting PostgreSQL"))
        with running_server(taken.database.url) as server, sending() as sender:
            room = server.most_connections()
            if connections is not None and connections > room:
                raise UsageError(
                    f"--connections {connections} is more than the database server has to give: {room}, which is its "
                    "max_connections without what it reserves."
                )
            listener(Stage("building the template database"))
            server.build_template(partial(fill, taken))
            return Run(taken, plan, name, listener, server, sender, begun, room).tuned(connections, clients)


def _check(config: Config, name: SideName, connections: int | None) -> None:
    if connections is not None and connections < 1:
        raise UsageError(f"--connections {connections}: with less than one connection nothing can be tried.")
    if (url := config.side(name).url) is not None:
        raise UsageError(f"{name} runs at {url} already: compare tunes only what it starts. Name its app or command.")
    if not config.probe:
        raise UsageError("`probe = false` keeps compare out of the apps, and what is to be tuned is set inside.")


class Run:
    """One run, once the database is there."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that the parts of a run share
        self,
        config: Config,
        plan: Plan,
        name: SideName,
        listener: Listener,
        server: Server,
        sender: Sender,
        begun: float,
        room: int,
    ) -> None:
        self.config = config
        self.plan = plan
        self.side = config.side(name)
        self.listener = listener
        self.server = server
        self.sender = sender
        self.begun = begun
        self.room = room

    def tuned(self, connections: int | None, clients: int | None) -> Tuning:
        """Everything, from the app as it is to the last rounds."""
        options, patience = self.config.bench, self.config.limits.request
        self.listener(Stage(f"starting {self.side.name} as it is"))
        with self.server.clone("tune prepared") as clone:
            with opened(self.side, clone, AS_IT_IS, patience) as app:
                workload, _ = rehearsed(self.config, self.plan, [app.side], options, self.listener)
                samples = mixed(workload, options.routes)
                self.listener(Stage("playing what comes before the load"))
                ready = prepared(app, clone, samples)
                taker = Taker(self.sender, options.patience, postmaster([app.side]))
            if not ready.scripts:
                raise CouldNotRunError("Nothing of the load answers any more as it did when it was tried out.")
            clone.close()
            begun = time.monotonic()
            session = Session(
                self.server,
                self.side,
                taker,
                samples,
                ready,
                len(ready.scripts),
                clients or min(MOST_CLIENTS, max(FEWEST_CLIENTS, 2 * (connections or 0))),
                options,
                patience,
                self.listener,
                until=begun + SEARCH * options.tuning,
            )
            return self._searched(session, connections, workload, begun + options.tuning)

    def _searched(self, session: Session, connections: int | None, workload: Workload, until: float) -> Tuning:
        """From the app as it is to the last rounds."""
        options = self.config.bench
        self.listener(Stage("measuring it as it is"))
        own, current = session.current()
        granted = granted_to(own, current, connections, self.room)
        space = space_of(own, current, granted, session.clients)
        tried = searched(space, current, options.margin, session.attempt)
        final = self._final(session, own, current, tried, until)
        return Tuning(
            side=self.side.name,
            app=self.side.title,
            machine=machine(),
            cores=psutil.cpu_count() or 1,
            load=", ".join(options.routes) or "the mix",
            clients=session.clients,
            connections=granted,
            assumed=connections is None,
            margin=options.margin,
            own=own,
            space=space,
            current=current,
            tried=tried,
            final=final,
            decision=decided(final[0], final[1:], options.margin) if final else _undecided(current),
            skipped=tuple(session.skipped),
            refused={} if options.routes else dict(workload.refused),
            seconds=time.monotonic() - self.begun,
        )

    def _final(self, session: Session, own: Own, current: Trial, tried: list[Trial], until: float) -> list[Trial]:
        """The best against what the app has, as many of them as the server has connections for at a time."""
        settings = finalists(tried, self.config.bench.margin)
        left = self.room - (own.connections or 0)
        kept = []
        for setting in settings:
            left -= setting.connections * own.units
            if left < 0:
                break
            kept.append(setting)
        return session.held_against(current, kept, until) if kept else []


def _undecided(current: Trial) -> Decision:
    return Decision(current if current.usable else None)
