"""The shop after the migration: `AsyncSession` on asyncpg, everything on one event loop."""
