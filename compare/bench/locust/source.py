"""The Locust file itself: where it may be written, and its text."""

from __future__ import annotations

import pprint
import shlex
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from compare.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compare.bench.locust.export import Mix

MARK = "# Written by compare bench --locust, which writes it anew: what is changed here is lost then."
WIDTH = 118
INDENT = "     "
OWN = "compare.py"  # Locust imports a file by its name, and the kit would not be found behind this one

TEXT = '''\
{mark}
#
# Made on {made} of:
{apps}
#
# On one machine, with a page to start it from:
#     locust -f {name} --host http://...
# On several, of which one is the master; each of the workers has cores of its own:
#     locust -f {name} --host http://... --master
#     locust -f {name} --worker --master-host ADDRESS
# On each of them: pip install "async-migration-kit[locust]"
#
# The app that is named as the host is one that was deployed from either side, and its database as the setup of the
# comparison leaves it. Whatever log-ins send is in this file.
"""{title}: {samples} samples of {routes} routes."""

try:
    from compare.bench.locust.user import Traffic
except ModuleNotFoundError as error:
    raise SystemExit(f'{{error.name}} is not installed here: pip install "async-migration-kit[locust]"') from None

# Every simulated user sends "before" once, before its first time, and then "repeated" as often as "weight" says. Each
# request is its name in Locust's tables, and the step as a scenario has it; "status" is what was seen in the rehearsal,
# and another one counts as a failure.
SAMPLES = {data}


class Client(Traffic):
    """One simulated user, who sends as soon as the answer is there; wait_time = locust.between(1, 3) lets it think."""

    samples = SAMPLES
    network_timeout = connection_timeout = {patience}  # seconds
'''


def check_target(target: Path) -> None:
    """Refuse a file that cannot or must not be written, before anything starts.

    Raises:
        UsageError: it says what to do.
    """
    folder = target.absolute().parent
    if not folder.is_dir() or target.is_dir():
        raise UsageError(
            f"--locust {target}: cannot be written there; {folder} must be a folder and {target} a file in it."
        )
    if target.suffix != ".py" or target.name == OWN:
        raise UsageError(f"--locust {target}: Locust imports it; give it a name that ends in .py and is not {OWN}.")
    if target.exists() and not _ours(target):
        raise UsageError(
            f"--locust {target}: is there already and was not written by compare. Name another file, or remove it."
        )


def source(mix: Mix, name: str) -> str:
    """The text of the file that is called `name`."""
    data = pprint.pformat([part.told() for part in mix.parts], width=WIDTH, sort_dicts=False)
    text = TEXT.format(
        mark=MARK,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        apps="\n".join(f"#     {side}: {_line(title)}" for side, title in mix.apps.items()),
        name=_line(shlex.quote(name)),
        title="The traffic of the comparison",
        samples=len(mix.parts),
        routes=len(mix.routes),
        data=data,
        patience=mix.patience,
    )
    return text + "".join(_refused(mix))


def _refused(mix: Mix) -> Iterator[str]:
    if mix.refused:
        yield "\n# Not in it:\n"
    for route, why in mix.refused.items():
        lines = textwrap.wrap(f"{_line(route)}: {_line(why)}", WIDTH - len(INDENT), break_on_hyphens=False)
        yield "".join(f"#{INDENT}{line}\n" for line in lines)


def _ours(target: Path) -> bool:
    try:
        with target.open(encoding="utf-8") as file:
            return file.readline().rstrip() == MARK
    except (OSError, UnicodeDecodeError):
        return False


def _line(text: str) -> str:
    """A text that stays within its comment."""
    return " ".join(text.split())
