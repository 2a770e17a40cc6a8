"""Small apps that do what the probe is there to see: `threaded` on psycopg2 in threads, `looped` on asyncpg."""
