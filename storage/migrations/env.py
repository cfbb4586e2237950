"""Alembic's entry: the connection is handed over by `storage.migrate`."""

from __future__ import annotations

from alembic import context

from storage.records import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
