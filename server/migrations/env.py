"""Runs migrations on the connection that :func:`server.db.upgrade` hands over; there is no alembic.ini."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    transaction_per_migration=True,
    transactional_ddl=True,  # SQLite's is too, once the driver does not begin transactions of its own
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
