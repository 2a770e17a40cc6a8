"""From figures to words: what was found, how it is set, and what a reader of the table has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.ceiling import NEAR
from compare.bench.figures import median
from compare.bench.judgement import BUSY, FULL, WRONG, held_back
from compare.bench.report.units import milliseconds
from compare.bench.tune.search import WIDEST, smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compare.bench.chance import Ratio
    from compare.bench.figures import Round
    from compare.bench.tune.result import Tuning
    from compare.bench.tune.setting import Setting
    from compare.bench.tune.trial import Trial

USED = 0.9  # of the connections it may have: below it, they are not what an app waits for


@dataclass(frozen=True)
class Advice:
    """What is said.

    Attributes:
        found: the first line: what is best, and by how much.
        beyond: whether more connections would help, and why not.
        how: how the best is set; empty where nothing is to be set.
        notes: what a reader of the figures has to know.
    """

    found: str
    beyond: str
    how: Sequence[str]
    notes: Sequence[str]


def advised(tuning: Tuning) -> Advice:
    """All of it."""
    return Advice(found(tuning), beyond(tuning), tuple(_how(tuning)), tuple(_notes(tuning)))


def found(tuning: Tuning) -> str:
    """What is best, against what the app has."""
    now, best, ratio = tuning.now, tuning.decision.best, tuning.decision.ratio
    if best is None:
        return f"under {tuning.clients} clients every setting fails more than one request in 100: try fewer (--clients)"
    if not tuning.decision.better:
        return _no_better(tuning, best)
    times = "" if ratio is None else f"{_times(ratio)} what it has now"
    if not now.usable:
        wrong = f"as it is now, {now.failed:.0%} of the requests fail under {tuning.clients} clients"
        return f"{best.setting}: {wrong}, and with it {best.failed:.1%}" + (f"; {times}" if times else "")
    return f"{best.setting}: {times}; p99 {milliseconds(best.p99)} in place of {milliseconds(now.p99)}"


def _no_better(tuning: Tuning, best: Trial) -> str:
    text = f"nothing beats what it has now ({tuning.own}) by more than {tuning.margin:.0%} and noise"
    if best.setting.connections < tuning.now.setting.connections and tuning.decision.ratio is not None:
        return f"{text}; {best.setting} does as well: {_times(tuning.decision.ratio)} its throughput"
    return text


def beyond(tuning: Tuning) -> str:
    """Where the curve is flat, and what holds the app back there."""
    curve = _curve(tuning)
    knee = smallest(curve, tuning.margin)
    if knee is None or len(curve) < 2:  # noqa: PLR2004 - a point is no curve
        return ""
    widest = max(curve, key=_size)
    if (held := _held(tuning, curve)) is not None:
        return held
    what = "connections" if tuning.space.pools else "threads"
    each = tuning.own.units if tuning.space.pools else tuning.own.processes
    best = tuning.decision.best
    if best is not None and _size(best) <= _size(widest):
        knee = best  # many rounds in turn say so, where the curve is of few
    if _size(knee) == _size(widest) and held_back(widest.rounds, tuning.own.processes).kind != "core":
        return f"throughput still rises at {_size(widest) * each} {what}: more may help"
    return f"beyond {_size(knee) * each} {what} nothing is gained: {_why(widest, tuning)}"


def _held(tuning: Tuning, curve: Sequence[Trial]) -> str | None:
    """Where the app itself lets no more requests to the database than it could have connections."""
    may = max(trial.setting.connections * tuning.own.units for trial in curve)
    out = max(trial.connections for trial in curve)
    if not tuning.space.pools or not 0 < out < USED * min(may, tuning.clients):
        return None
    return (
        f"of up to {may} connections no more than {out} were ever out: its own code lets no more requests in at a time"
        " (a semaphore, a limiter), or few of them need the database"
    )


def _curve(tuning: Tuning) -> list[Trial]:
    """Trials without overflow, those of the first pass and between."""
    return [trial for trial in tuning.tried if trial.usable and not trial.setting.overflow]


def _size(trial: Trial) -> int:
    return trial.setting.connections or trial.setting.threads or 0


def _why(trial: Trial, tuning: Tuning) -> str:
    reason = held_back(trial.rounds, tuning.own.processes)
    busy = median([_busy(done) / done.taken for done in trial.rounds if done.taken]) or 0.0
    if reason.kind == "waits" and busy >= FULL * tuning.cores:
        return f"all {tuning.cores} cores of this machine are busy, those of the database and the load among them"
    return reason.words


def _busy(done: Round) -> float:
    """Seconds of processor time that are known of: the app's, the database's, the load's, and other programs'."""
    return done.cpu + (done.database_cpu or 0.0) + (done.generator + (done.others or 0.0)) * done.taken


def _how(tuning: Tuning) -> Iterator[str]:
    best = tuning.decision.best
    if best is None or best.current:
        return
    setting, own = best.setting, tuning.own
    if setting.pool is not None:
        maker = "create_async_engine" if own.awaited else "create_engine"
        yield f"{maker}(…, pool_size={setting.pool}, max_overflow={setting.overflow or 0})" + _each(setting, tuning)
    if setting.threads is not None:
        yield (
            f"anyio.to_thread.current_default_thread_limiter().total_tokens = {setting.threads}, in the app's lifespan"
            " before it yields"
        )


def _each(setting: Setting, tuning: Tuning) -> str:
    own = tuning.own
    if own.units == 1:
        return ""
    total = setting.connections * own.units
    engines = f"{len(own.sized)} engines" if len(own.sized) > 1 else ""
    processes = f"{own.processes} processes" if own.processes > 1 else ""
    return f" for each of {' in each of '.join(filter(None, (engines, processes)))}: {total} connections in all"


def _notes(tuning: Tuning) -> Iterator[str]:
    own, space = tuning.own, tuning.space
    if tuning.assumed:
        yield f"--connections was not given: {tuning.connections}, which is what it can open now"
    if own.connections is not None and own.connections > tuning.connections:
        yield f"what it has now opens up to {own.connections} connections, and is granted {tuning.connections}"
    elif own.sized and own.connections is None:
        yield "what it has now opens connections without end"
    if own.units > 1 and space.pools:
        yield f"{tuning.connections} connections in {own.units} pools are {space.most} for each"
    if not space.pools:
        kinds = ", ".join(sorted({pool.kind for pool in own.pools})) or "no pool of SQLAlchemy's"
        yield f"there is no pool to tune ({kinds}): a thread holds at most one connection, so threads are the bound"
    elif unsized := [pool.kind for pool in own.pools if pool.size is None]:
        yield f"{', '.join(unsized)}: a pool without a size, left as it is; its connections come on top"
    yield from _about_threads(tuning)
    yield from _about_connections(tuning)
    yield from _about_trials(tuning)


def _about_threads(tuning: Tuning) -> Iterator[str]:
    if tuning.space.threads != "left" or tuning.own.threads is None:
        return
    if tuning.current.threads_used == 0:
        yield "threads: the load needs none, so their number was left alone"
    else:
        yield f"threads: {tuning.current.threads_used} of {tuning.own.threads} were used: their number was left alone"


def _about_connections(tuning: Tuning) -> Iterator[str]:
    every = [*tuning.tried, *tuning.final[1:]]
    over = max((trial.connections for trial in every), default=0)
    if over > tuning.connections:
        yield f"{over} connections were out at once, more than are granted: an engine of its own opens them"


def _about_trials(tuning: Tuning) -> Iterator[str]:
    for trial in tuning.tried:
        if trial.stopped:
            yield f"{trial.setting} was not measured: {trial.stopped}"
    if tuning.skipped:
        yield f"no time was left for {'; '.join(map(str, tuning.skipped))}: [tool.compare.bench] tuning gives it more"
    elif tuning.tried and not tuning.final:
        yield "no setting could be held against what it has now: none serves, or the server has too few connections"
    if (worn := max(trial.worn for trial in (tuning.current, *tuning.tried, *tuning.final))) > WRONG:
        yield f"the load uses up what it asks for: up to {worn:.0%} of the answers were right once and no longer are"
    rounds = [done for trial in (tuning.final or tuning.tried) for done in trial.rounds]
    if (others := median([done.others or 0.0 for done in rounds]) or 0.0) > BUSY:
        yield f"other programs took {others:.0%} of a core meanwhile: let the machine do nothing else"
    if (median([done.generator for done in rounds]) or 0.0) > NEAR:
        yield "the generator is near its own limit: the app may be faster than this shows"
    if tuning.now.spread > WIDEST:
        yield f"rounds of one setting lie up to {tuning.now.spread:.0%} from their middle: --seconds makes them longer"


def _times(ratio: Ratio) -> str:
    return f"{ratio.value:.2f} times ({ratio.low:.2f} to {ratio.high:.2f})"
