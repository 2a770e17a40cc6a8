"""The pairs of apps that the plants share: how each is configured."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from compare.config import Config, DatabaseConfig, LimitsConfig, SideConfig
from compare.errors import CouldNotRunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.selftest.plant import PairName

HERE = Path(__file__).parent
NEEDED = ("fastapi", "sqlalchemy", "greenlet", "asyncpg", "psycopg2")
FILL = "python -m compare.selftest.apps.schema"
LIMITS = LimitsConfig(request=2.0, idle=0.5, loop_blocked=0.3, transaction_waits=0.5)
"""Short, so that what hangs or stays open is found without waiting long for it. Seconds."""

ENVIRONMENT: Mapping[PairName, Mapping[str, str]] = {
    "plain": {"TZ": "UTC"},
    "zone": {"TZ": "America/New_York", "HARBOUR_ZONE": "Europe/Oslo"},
    "table": {"TZ": "UTC", "HARBOUR_START": "table"},
    "route": {"TZ": "UTC", "HARBOUR_START": "route"},
}
"""What both sides of a pair have in their environment."""


def config_of(pair: PairName, database_url: str | None = None) -> Config:
    """The configuration of one pair; `prevent` and the probe are on, as in any run."""
    urls = {"DATABASE_URL": "{sync_url}", "SYNC_URL": "{sync_url}"}
    legacy = SideConfig(
        name="legacy", app="compare.selftest.apps.legacy.main:app", directory=HERE, env={**urls, **ENVIRONMENT[pair]}
    )
    async_ = SideConfig(
        name="async",
        app="compare.selftest.apps.aio.main:app",
        directory=HERE,
        env={**urls, "DATABASE_URL": "{async_url}", **ENVIRONMENT[pair]},
    )
    return Config.model_validate(
        {
            "path": HERE / "pairs.py",
            "directory": HERE,
            "database": DatabaseConfig(url=database_url, setup=(FILL,), env={"DATABASE_URL": "{url}"}),
            "legacy": legacy,
            "async": async_,
            "limits": LIMITS,
        }
    )


def check_installed() -> None:
    """CouldNotRunError that names what the two apps need and what is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CouldNotRunError(
            f"The self-test serves two small apps, and {', '.join(missing)} is not installed beside compare. "
            'Install it with: pip install "async-migration-kit[selftest]"'
        )
