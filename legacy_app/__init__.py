"""The shop before the migration: sync sessions on psycopg2, served through the thread pool."""
