"""Having a side, whichever way the configuration names: served from an import string, by a command, or running."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

from compare.config import SERVE_PORT, SideConfig, expand
from compare.postgres import Address
from compare.process import free_port
from compare.subjects.command import commanded
from compare.subjects.feed import ProbeSettings, feeding
from compare.subjects.imported import imported
from compare.subjects.remote import reached
from compare.subjects.subject import Subject
from compare.subjects.worktree import taken

_NO_ENV: Mapping[str, str] = MappingProxyType({})


@contextmanager
def started(
    side: SideConfig,
    address: Address | None,
    *,
    env: Mapping[str, str] = _NO_ENV,
    probe: ProbeSettings | None = None,
) -> Iterator[Subject]:
    """Serve a side on a database until the block ends, or reach it where it runs already.

    Args:
        side: What to serve. A `ref` that is not checked out yet is checked out for this block.
        address: Fills the placeholders in the side's `env` and `command`; None for a side that is running already.
        env: Goes before the side's own.
        probe: What to tell a probe in its process; None for no probe. A side that runs already has none.

    Raises:
        UsageError: The side has a ref, and there is no repository.
        CouldNotRunError: The app cannot be imported, made, started or reached, or is not ready within
            `side.start_timeout`.
    """
    with ExitStack() as stack:
        if side.url is not None:
            yield reached(side)
            return
        if address is None:
            raise ValueError("only a side that is running already needs no database")
        side = stack.enter_context(taken(side))
        feed = stack.enter_context(feeding(probe, side.name)) if probe else None
        values = address.placeholders()
        port = free_port() if side.command is not None else 0
        own = {name: expand(template, values | {SERVE_PORT: str(port)}) for name, template in side.env.items()}
        own |= env
        if side.command is None:
            yield stack.enter_context(imported(side, own, address.password, feed))
            return
        command = expand(side.command, values | {"port": str(port)})
        yield stack.enter_context(commanded(side, command, port, own, address.password, feed))
