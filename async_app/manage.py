"""The command line: bring the schema up to date, fill an empty database with sample rows."""

import argparse
import asyncio

from async_app import database
from async_app.settings import Settings
from shared_models import migrations, seed


async def main() -> None:
    """Run one command against the database that the settings name."""
    parser = argparse.ArgumentParser(prog="python -m async_app.manage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema to the newest revision")
    filling = commands.add_parser("seed", help="fill an empty, migrated database with sample rows")
    for field, default in vars(seed.Size()).items():
        filling.add_argument(f"--{field}", type=int, default=default, metavar="N")
    arguments = vars(parser.parse_args())
    if arguments.pop("command") == "migrate":
        await migrate(Settings())
    else:
        await fill(Settings(), seed.Size(**arguments))


async def migrate(settings: Settings) -> None:
    """Bring the schema to the newest revision, in one transaction."""
    owned = database.connect(settings)
    async with owned.engine.begin() as connection:
        await connection.run_sync(migrations.upgrade)
    await database.stop(owned)


async def fill(settings: Settings, size: seed.Size) -> None:
    """Insert the sample rows, in one transaction."""
    owned = database.connect(settings)
    async with owned.engine.begin() as connection:
        for statement, rows in seed.statements(size):
            await connection.execute(statement, rows)
    await database.stop(owned)


if __name__ == "__main__":
    asyncio.run(main())
