"""The model layer that both twins serve.

Mapped classes, HTTP schemas, domain rules, domain errors, seed rows and Alembic migrations. Nothing here opens a
connection and nothing here awaits: whatever is the same on both sides of the migration lives here, once.
"""
