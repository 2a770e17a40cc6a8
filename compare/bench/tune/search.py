"""What is tried, and what is best of it: from figures alone, whoever measures them.

First pool sizes on a coarse grid, in one go, each with as many threads as connections where sync code holds them: more
would only wait. Then, around the best, sizes between those of the grid, other numbers of threads, and an overflow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from compare.bench import chance
from compare.bench.figures import median
from compare.bench.tune.setting import Setting
from compare.bench.tune.trial import LOST, failing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compare.bench.chance import Ratio
    from compare.bench.figures import Round
    from compare.bench.tune.trial import Trial

FINALISTS = 3
WIDEST = 0.15  # noise beyond which rounds no longer excuse a smaller setting


@dataclass(frozen=True)
class Space:
    """What there is to choose from.

    Attributes:
        most: connections that each pool may have, or each process where there is no pool.
        pools: whether there are pools that can be sized.
        threads: `tied` where connections are held by threads, `more` where sync code beside them needed all that there
            were, `left` where nothing is to be gained by them.
        own: what the app has itself.
        clients: of each process.
    """

    most: int
    pools: bool
    threads: Literal["tied", "more", "left"]
    own: Setting
    clients: int


def grid(most: int) -> list[int]:
    """1, 2, 4, 8 and so on, and the most itself."""
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def coarse(space: Space) -> list[Setting]:
    """The first pass."""
    tied = space.threads == "tied"
    if not space.pools:
        return [Setting(threads=number) for number in grid(space.most)] if tied else []
    return [Setting(size, 0, size if tied else None) for size in grid(space.most)]


def between(space: Space, best: Setting) -> list[Setting]:
    """Sizes halfway to the neighbours on the grid."""
    sizes = grid(space.most)
    at = best.pool if space.pools else best.threads
    if at not in sizes:
        return []
    place = sizes.index(at)
    middles = {(at + sizes[other]) // 2 for other in (place - 1, place + 1) if 0 <= other < len(sizes)} - {at}
    return [_sized(space, best, size) for size in sorted(middles - set(sizes))]


def threads_around(space: Space, best: Setting) -> list[Setting]:
    """Other numbers of threads for the best pool."""
    if not space.pools or best.pool is None:
        return []
    numbers: set[int] = set()
    if space.threads == "tied":
        numbers = {2 * best.connections, space.own.threads or 0, space.clients} - {best.threads, 0}
    elif space.threads == "more" and space.own.threads:
        numbers = {2 * space.own.threads, 4 * space.own.threads}
    return [replace(best, threads=number) for number in sorted(numbers)]


def overflow_around(space: Space, best: Setting) -> list[Setting]:
    """The best pool with all that is left as overflow; threads that equal the connections go with them."""
    if not space.pools or best.pool is None or best.pool >= space.most or best.overflow:
        return []
    threads = space.most if best.threads == best.pool else best.threads
    return [Setting(best.pool, space.most - best.pool, threads)]


def searched(space: Space, current: Trial, margin: float, attempt: Callable[..., Sequence[Trial]]) -> list[Trial]:
    """All that was tried, in the order it was asked for.

    Args:
        space: What there is to choose from.
        current: What the app has itself; its setting is not tried again.
        margin: A difference that counts as none.
        attempt: Measures settings in turn; leaves out what there is no time for.
    """
    trials = list(attempt(coarse(space)))
    if space.threads == "tied" and not any(trial.usable for trial in trials):
        # Threads that wait for a connection, while who holds it waits for a thread: more threads than that may be.
        trials += attempt([replace(setting, threads=space.clients) for setting in coarse(space) if space.pools])
    for refined in (between, threads_around, overflow_around):
        best = smallest(trials, margin)
        if best is None:
            break
        known = {current.setting, *(trial.setting for trial in trials)}
        wanted = [setting for setting in refined(space, best.setting) if setting not in known]
        trials += attempt(wanted) if wanted else []
    return trials


def hopeless(setting: Setting, rounds: Mapping[Setting, Sequence[Round]]) -> str | None:
    """Why a setting need not be tried: one that has as much of everything, and more of something, fails outright."""
    for other, done in rounds.items():
        more = all(mine <= theirs for mine, theirs in zip(setting.amounts(), other.amounts(), strict=True))
        if more and other != setting and (failed := failing(done[:1])) > LOST:
            return f"{other} has more, and fails {failed:.0%} of the requests"
    return None


def smallest(trials: Sequence[Trial], margin: float) -> Trial | None:
    """The setting with the fewest connections whose throughput is the best but for noise; then that of the best p99."""
    usable = [trial for trial in trials if trial.usable]
    if not usable:
        return None
    top = max(usable, key=lambda trial: trial.throughput)
    noise = max(margin, min(median([trial.spread for trial in usable]) or 0.0, WIDEST))
    return min((trial for trial in usable if trial.throughput * (1 + noise) >= top.throughput), key=_lean)


def finalists(trials: Sequence[Trial], margin: float) -> list[Setting]:
    """What is worth being held against the app's own setting in many rounds: the smallest that will do comes first."""
    lean = smallest(trials, margin)
    if lean is None:
        return []
    others = sorted((one for one in trials if one.usable and one is not lean), key=lambda one: -one.throughput)
    return [one.setting for one in (lean, *others)][:FINALISTS]


@dataclass(frozen=True)
class Decision:
    """What the last rounds say.

    Attributes:
        best: what to have; None where nothing serves.
        better: whether it is better than what the app has, or that does not serve at all.
        ratio: its throughput by that of what the app has; None where too few rounds came through.
    """

    best: Trial | None
    better: bool = False
    ratio: Ratio | None = None


def decided(current: Trial, tried: Sequence[Trial], margin: float) -> Decision:
    """Hold settings against what the app has, all in rounds of the same turns."""
    usable = [trial for trial in tried if trial.usable]
    if not usable:
        return Decision(current if current.usable else None)
    if not current.usable:
        best = _smallest_paired(usable, margin)
        return Decision(best, better=True, ratio=_ratio(current, best))
    values = [chance.p_beyond(*_paired(current, trial), margin)[0] for trial in usable]
    held = [trial for trial, holds in zip(usable, chance.holm(values), strict=True) if holds]
    if held:
        best = _smallest_paired(held, margin)
        return Decision(best, better=True, ratio=_ratio(current, best))
    # Nothing is faster; what does the same with fewer connections is still worth a word.
    least = [trial for trial in usable if _as_good(current, trial, margin)]
    best = min([current, *least], key=_lean)
    return Decision(best, ratio=None if best is current else _ratio(current, best))


def _smallest_paired(trials: Sequence[Trial], margin: float) -> Trial:
    top = max(trials, key=lambda trial: trial.throughput)
    near = [trial for trial in trials if trial is top or _near(top, trial, margin)]
    return min(near, key=_lean)


def _near(top: Trial, trial: Trial, margin: float) -> bool:
    """Whether nothing says that it is slower than the best by more than the margin."""
    ratio = _ratio(top, trial)
    return ratio is not None and ratio.high * (1 + margin) >= 1


def _as_good(current: Trial, trial: Trial, margin: float) -> bool:
    ratio = _ratio(current, trial)
    return ratio is not None and ratio.low * (1 + margin) >= 1


def _ratio(one: Trial, other: Trial) -> Ratio | None:
    return chance.ratio(*_paired(one, other))


def _paired(one: Trial, other: Trial) -> tuple[list[float], list[float]]:
    turns = min(len(one.rates), len(other.rates))
    return one.rates[:turns], other.rates[:turns]


def _lean(trial: Trial) -> tuple[int, float]:
    setting = trial.setting
    return setting.connections or setting.threads or 0, trial.p99 or math.inf


def _sized(space: Space, best: Setting, size: int) -> Setting:
    if not space.pools:
        return Setting(threads=size)
    return Setting(size, best.overflow, size if best.threads == best.pool else best.threads)
