"""Fills an empty database with the tables and two buoys."""

import os

import psycopg2

SCHEMA = """
    CREATE TABLE buoys (
        id serial PRIMARY KEY,
        name text NOT NULL UNIQUE,
        depth_m numeric(6, 2) NOT NULL,
        laid_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE soundings (
        id serial PRIMARY KEY,
        buoy_id integer NOT NULL REFERENCES buoys ON DELETE CASCADE,
        depth_m numeric(6, 2) NOT NULL
    );
    INSERT INTO buoys (name, depth_m, laid_at) VALUES
        ('Nun 2', 4.50, '2026-01-02 03:04:05+00'), ('Can 3', 11.25, '2026-01-02 09:10:11.123456+00');
    INSERT INTO soundings (buoy_id, depth_m) VALUES (1, 4.50), (2, 11.25);
"""

if __name__ == "__main__":
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    connection.close()
