"""One name for a table on two databases.

The specs name tables `spellcasters.matches`: a PostgreSQL schema per game. SQLite has no schemas (a dot there means
another file, and a transaction over two files is not atomic in WAL mode), so there the same table is called
`spellcasters_matches`. Two tools bridge the difference:

- Statements are written once, with the schema. A hook on the SQLite engine rewrites `schema.table` of every
  registered schema in the finished SQL text. `schema_translate_map` cannot do that: it swaps schemas, it does not
  fold them into names.
- Migrations go through `Names`, because SQLAlchemy's SQLite DDL compiler drops the schema from foreign keys and
  indexes without a word, which the hook then cannot see.
"""

import re
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, event, inspect, text

ENGINE: Final = "engine"  # the schema of the engine's own tables
SCHEMA_KEY: Final = "schema/"  # engine.meta keeps the name of every other schema under this prefix

_schemas: set[str] = {ENGINE}
_pattern: re.Pattern[str]


def register(metadata: MetaData) -> MetaData:
    """Make the tables of `metadata` usable on SQLite; gives it back, so that it can wrap the declaration.

    A game's `tables.py` opens with `METADATA = register(MetaData(schema="spellcasters"))`. No table alias may
    have the name of a schema: `focus.id` would be read as the table `id` of the schema `focus`.
    """
    assert metadata.schema, "tables live in the schema of their game"
    _schemas.add(metadata.schema)
    _build()
    return metadata


def _build() -> None:
    global _pattern  # noqa: PLW0603 - the registry is the module: schemas are known while modules are imported
    names = "|".join(sorted(map(re.escape, _schemas)))
    # String literals come first, so that a text which happens to say 'engine.start' stays what it is.
    _pattern = re.compile(rf"""('(?:[^']|'')*')|(?<![\w."])"?\b({names})\b"?\."?(\w+)"?""")
    flat.cache_clear()


@lru_cache(maxsize=4_096)
def flat(statement: str) -> str:
    """Give a statement with every `schema.table` of a registered schema as `schema_table`."""
    return _pattern.sub(lambda match: match[1] or f"{match[2]}_{match[3]}", statement)


_build()


def install(engine: Engine) -> None:
    """Rewrite every statement of a SQLite engine."""

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _rewrite(
        _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        return flat(statement), parameters


class Names:
    """How one schema's tables, references and indexes are called on the database of `connection`.

    For migrations::

        names = Names(op.get_bind(), "spellcasters")
        names.create_schema()
        op.create_table(names.table("matches"), ..., schema=names.schema)
        op.create_index(names.index("matches", "state"), names.table("matches"), ["state"], schema=names.schema)
    """

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._name = schema
        self._flat = connection.dialect.name == "sqlite"

    @property
    def schema(self) -> str | None:
        """What to pass as `schema=`."""
        return None if self._flat else self._name

    def table(self, name: str) -> str:
        """Give the table's name, to be used together with `schema`."""
        return f"{self._name}_{name}" if self._flat else name

    def qualified(self, name: str) -> str:
        """Give the table's name for SQL text."""
        return f"{self._name}_{name}" if self._flat else f"{self._name}.{name}"

    def reference(self, table: str, column: str) -> str:
        """Give the target of a foreign key."""
        return f"{self.qualified(table)}.{column}"

    def index(self, table: str, *columns: str) -> str:
        """Give an index its name. The schema is in it, because SQLite keeps all indexes in one room."""
        return "_".join(("ix", self._name, table, *columns))

    def create_schema(self) -> None:
        """Make the schema and remember it, so that a backup knows what belongs to Gamefold."""
        if not self._flat:
            self._connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self._name}"'))
        if self._name != ENGINE:
            meta = Names(self._connection, ENGINE).qualified("meta")
            self._connection.execute(
                text(f"INSERT INTO {meta} (key, value) VALUES (:key, '') ON CONFLICT (key) DO NOTHING"),  # noqa: S608
                {"key": SCHEMA_KEY + self._name},
            )

    def drop_schema(self) -> None:
        """Undo `create_schema`; its tables must be gone."""
        if not self._flat:
            self._connection.execute(text(f'DROP SCHEMA IF EXISTS "{self._name}"'))
        if self._name != ENGINE:
            meta = Names(self._connection, ENGINE).qualified("meta")
            self._connection.execute(
                text(f"DELETE FROM {meta} WHERE key = :key"),  # noqa: S608
                {"key": SCHEMA_KEY + self._name},
            )


def stored_schemas(connection: Connection) -> list[str]:
    """Name every Gamefold schema of a database, the engine's first."""
    names = Names(connection, ENGINE)
    if not inspect(connection).has_table(names.table("meta"), schema=names.schema):
        return [ENGINE]
    keys = connection.execute(text(f"SELECT key FROM {names.qualified('meta')} ORDER BY key"))  # noqa: S608
    return [ENGINE, *(key.removeprefix(SCHEMA_KEY) for (key,) in keys if key.startswith(SCHEMA_KEY))]
