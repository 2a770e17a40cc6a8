"""Fills an empty database with the log book's tables and two keepers."""

import os

import psycopg2

SCHEMA = """
    CREATE TABLE keepers (
        id serial PRIMARY KEY,
        name text NOT NULL UNIQUE,
        entries_written integer NOT NULL DEFAULT 0
    );
    CREATE TABLE entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        public_id uuid NOT NULL UNIQUE,
        keeper_id integer NOT NULL REFERENCES keepers,
        visibility_km numeric(5, 2) NOT NULL,
        remark text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE watches (
        number integer PRIMARY KEY,
        keeper_id integer REFERENCES keepers,
        changed_at timestamptz NOT NULL
    );
    INSERT INTO keepers (name) VALUES ('Ingrid'), ('Tomas');
    INSERT INTO entries (public_id, keeper_id, visibility_km, remark, created_at) VALUES
        ('6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a01', 1, 12.50, 'clear', '2026-01-02 03:04:05+00'),
        ('6a0f1d8e-6d52-4d9c-9a55-0d6f2f1f6a02', 2, 0.30, 'fog, horn sounded', '2026-01-02 09:10:11+00');
    INSERT INTO watches VALUES (1, 1, '2026-01-02 00:00:00+00'), (2, NULL, '2026-01-02 00:00:00+00');
"""

if __name__ == "__main__":
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    connection.close()
