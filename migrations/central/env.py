"""Runs the versions on the connection it was handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from models.tables.central import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    # SQLite and PostgreSQL can both roll DDL back; the caller began the transaction.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
