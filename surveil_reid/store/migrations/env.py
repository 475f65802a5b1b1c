"""Runs the migrations on the connection that `surveil_reid.store.migrate` hands over.

The caller owns the transaction, so that a migration happens as a whole or not at all.
"""

from alembic import context

from surveil_reid.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters tables by copying them
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
