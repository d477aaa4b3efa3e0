"""What Alembic runs: the connection comes from `auricle.store.upgrade`."""

from alembic import context

from auricle.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
