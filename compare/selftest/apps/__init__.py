"""The two harbour apps: `legacy` on sync sessions and psycopg2, `aio` on AsyncSession and asyncpg.

A router a kind of request; the two have the same files, routes and healthy behaviour.
"""
