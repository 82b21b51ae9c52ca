"""Alembic runs this file for every command; `migrate` has put the connection of an open transaction in its hands."""

from alembic import context

from gamefold.storage.naming import ENGINE, Names

connection = context.config.attributes["connection"]
names = Names(connection, ENGINE)
context.configure(
    connection=connection,
    version_table=names.table("alembic_version"),
    version_table_schema=names.schema,
)
context.run_migrations()
