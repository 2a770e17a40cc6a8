"""Alembic's revisions lead from empty to exactly the metadata, and back."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from async_app import manage
from async_app.settings import Settings
from compare.postgres import Server
from compare.pytest_kit import Kit
from shared_models import migrations, seed
from shared_models.models import Base


@pytest.fixture
def server(compare_kit: Kit) -> Server:
    return compare_kit.server


@pytest.fixture
def empty(server: Server) -> Iterator[Connection]:
    """A connection to a database without a table."""
    with server.clone("migrations") as clone:
        clone.execute("DROP SCHEMA public CASCADE")
        clone.execute("CREATE SCHEMA public")
        engine = create_engine(clone.address.url("psycopg2"))
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def difference(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_migrations_from_empty_to_head_equal_the_metadata(empty: Connection) -> None:
    migrations.upgrade(empty)
    assert difference(empty) == []


def test_a_column_that_migrations_forgot_would_be_seen(empty: Connection) -> None:
    migrations.upgrade(empty)
    empty.execute(text("ALTER TABLE items DROP COLUMN weight"))
    assert difference(empty) != []


def test_migrations_can_be_taken_back_to_nothing(empty: Connection) -> None:
    migrations.upgrade(empty)
    migrations.downgrade(empty)
    assert inspect(empty).get_table_names() == ["alembic_version"]
    assert inspect(empty).get_enums() == []  # type: ignore[attr-defined]  # PostgreSQL's inspector has it


async def test_the_async_command_line_builds_the_database_that_the_legacy_one_builds(server: Server) -> None:
    with server.clone("legacy") as legacy, server.clone("async") as async_:
        async_.execute("DROP SCHEMA public CASCADE")
        async_.execute("CREATE SCHEMA public")
        settings = Settings(database_url=async_.address.url("asyncpg"))
        await manage.migrate(settings)
        await manage.fill(settings, seed.Size())
        assert async_.tables() == legacy.tables()
        for table in legacy.tables():
            assert async_.digest(table) == legacy.digest(table), table
        assert async_.sequences() == legacy.sequences()


def test_seed_rows_are_the_same_every_time() -> None:
    once, again = ([rows for _, rows in seed.statements(seed.Size())] for _ in range(2))
    assert once == again
