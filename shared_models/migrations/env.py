"""What Alembic runs: it never connects by itself, the connection is handed over by `migrations.upgrade`."""

from alembic import context

from shared_models.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
