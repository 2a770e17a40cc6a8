"""The harbour on sync sessions and psycopg2. It is the measure; a few plants lie on this side."""
