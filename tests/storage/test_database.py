"""Transactions: whole, durable, and honest about what went wrong."""

import asyncio
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gamefold.engine.journal import StorageBroken, StorageFull, StorageUnavailable
from gamefold.storage.database import Database
from gamefold.storage.failures import postgres_failure
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from gamefold.storage.postgres import PostgresDatabase
from gamefold.storage.sqlite import SqliteDatabase

from .builders import a_batch, a_row, a_run
from .notes import NOTES, notes_of


def add(words: str, position: int = 1):
    def transaction(connection: Connection) -> str:
        connection.execute(NOTES.insert().values(world="w", position=position, words=words))
        return words

    return transaction


async def test_a_transaction_gives_its_result_and_is_there_for_readers(database: Database) -> None:
    assert await database.write(add("hello")) == "hello"
    assert await database.read(notes_of) == ["hello"]


async def test_a_transaction_that_raises_never_was(database: Database) -> None:
    def transaction(connection: Connection) -> None:
        add("gone")(connection)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await database.write(transaction)
    assert await database.read(notes_of) == []


async def test_a_mistake_in_sql_is_not_called_an_outage(database: Database) -> None:
    await database.write(add("first"))
    with pytest.raises(IntegrityError):
        await database.write(add("second"))
    with pytest.raises(DBAPIError):
        await database.read(lambda connection: connection.execute(text("SELECT nonsense")).all())
    assert await database.read(notes_of) == ["first"]


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises((StorageUnavailable, DBAPIError)):
        await database.read(add("sneaked in"))
    assert await database.read(notes_of) == []


async def test_a_reader_sees_one_moment(database: Database, other_database: Database) -> None:
    seen = []
    wrote = asyncio.Event()

    def pause(connection: Connection) -> None:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_sleep(0.3)"))
        else:
            time.sleep(0.3)

    def query(connection: Connection) -> None:
        seen.append(notes_of(connection))
        pause(connection)
        seen.append(notes_of(connection))

    async def write() -> None:
        await asyncio.sleep(0.1)
        await other_database.write(add("in between"))
        wrote.set()

    await asyncio.gather(database.read(query), write())
    assert wrote.is_set()
    assert seen == [[], []]
    assert await database.read(notes_of) == ["in between"]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancelled_caller_waits_for_the_end_of_its_transaction(database: Database, fails: bool) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def transaction(connection: Connection) -> None:
        add("whole")(connection)
        loop.call_soon_threadsafe(begun.set)
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_sleep(0.2)"))
        else:
            time.sleep(0.2)
        add("and complete", 2)(connection)
        if fails:
            raise LookupError("at the end")

    writing = asyncio.create_task(database.write(transaction))
    await begun.wait()
    writing.cancel()
    await asyncio.sleep(0.02)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError) as raised:
        await writing
    # It had ended when the caller was let go: nothing had to be waited for.
    assert await database.read(notes_of) == ([] if fails else ["whole", "and complete"])
    assert isinstance(raised.value.__cause__, LookupError) == fails


async def test_cancelled_callers_in_a_crowd(database: Database) -> None:
    writes = [asyncio.create_task(database.write(add(f"{number:02}", number))) for number in range(30)]
    await asyncio.sleep(0)
    for write in writes[::2]:
        write.cancel()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True, False] * 15
    assert await database.read(notes_of) == [f"{number:02}" for number in range(30)]


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.close()
    for ask in (database.write, database.read):
        with pytest.raises(StorageUnavailable, match="closed"):
            await ask(notes_of)
    await database.close()


# -- SQLite -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "file.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


async def test_a_full_disk_refuses_whole_commits_and_heals(file: Path) -> None:
    database = SqliteDatabase(file)
    journal = SqlJournal(database, {})
    await journal.create(a_row(), a_run(), a_batch())
    await database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 60").close())
    big = a_batch(first=2, entries=b"x" * 1_000_000)

    def works(locked) -> None:
        locked.append(big)

    with pytest.raises(StorageFull):
        await journal.transact([("notes/other", lambda locked: locked.head), ("notes/1", works)])
    await database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 60").close())
    with pytest.raises(StorageFull):
        await journal.commit([big])
    assert len((await journal.load("notes/1")).tail) == 1
    # A failed writer opens the file anew, which forgets the limit: there is space again.
    assert await journal.commit([big]) == frozenset()
    await database.close()


def disk_that_fails(code: int) -> SimpleNamespace:
    """The sqlite3 module on a disk whose syncs fail once `failing` is set."""
    module = SimpleNamespace(**vars(sqlite3), failing=False)

    class FailingConnection(sqlite3.Connection):
        def commit(self) -> None:
            if module.failing:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = code
                raise error
            super().commit()

    module.connect = lambda *args, **options: sqlite3.connect(*args, **options, factory=FailingConnection)
    return module


async def test_after_a_failed_sync_nobody_writes_any_more(file: Path) -> None:
    module = disk_that_fails(sqlite3.SQLITE_IOERR_FSYNC)
    database = SqliteDatabase(file, module=module)
    await database.write(add("durable"))
    module.failing = True
    with pytest.raises(StorageBroken):
        await database.write(add("who knows", 2))
    module.failing = False
    with pytest.raises(StorageBroken):
        await database.write(add("too late", 3))
    assert await database.read(notes_of) == ["durable"]
    await database.close()


async def test_other_disk_errors_pass(file: Path) -> None:
    module = disk_that_fails(sqlite3.SQLITE_IOERR_WRITE)
    database = SqliteDatabase(file, module=module)
    module.failing = True
    with pytest.raises(StorageUnavailable) as raised:
        await database.write(add("lost"))
    assert type(raised.value) is StorageUnavailable
    module.failing = False
    await database.write(add("kept"))
    assert await database.read(notes_of) == ["kept"]
    await database.close()


async def test_a_writer_that_never_lets_go_is_an_outage(file: Path) -> None:
    hog = sqlite3.connect(file, isolation_level=None)
    hog.execute("BEGIN IMMEDIATE")
    database = SqliteDatabase(file, busy_timeout_ms=50)
    with pytest.raises(StorageUnavailable):
        await database.write(add("waiting"))
    hog.execute("COMMIT")
    await database.write(add("my turn"))
    await database.close()
    hog.close()


async def test_what_is_acknowledged_is_synced(file: Path) -> None:
    database = SqliteDatabase(file)
    settings = await database.write(
        lambda connection: [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    )
    assert settings == ["wal", 2, 1]
    await database.close()


async def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/no/such/directory.db")
    with pytest.raises(StorageUnavailable):
        await database.write(add("nowhere"))
    with pytest.raises(StorageUnavailable):
        await database.read(notes_of)
    await database.close()


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


async def test_no_server() -> None:
    database = open_database("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailable):
        await database.write(add("nowhere"))
    await database.close()


@pytest.mark.postgres
async def test_connections_that_the_server_closed(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url, connections=2)
    other = PostgresDatabase(postgres_url)

    def others(connection: Connection) -> list[int]:
        mine = "pid <> pg_backend_pid() AND datname = current_database() AND application_name = 'gamefold'"
        return list(connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")))

    await asyncio.gather(*(database.read(notes_of) for _ in range(2)))
    await other.write(others)
    await asyncio.sleep(0.1)
    # Idle ones are replaced without a word.
    await database.write(lambda connection: connection.execute(NOTES.delete()).close())
    # One that is at work is an outage.
    sleeping = asyncio.create_task(database.write(lambda connection: connection.execute(text("SELECT pg_sleep(5)"))))
    await asyncio.sleep(0.2)
    await other.write(others)
    with pytest.raises(StorageUnavailable):
        await sleeping
    await database.write(add("again"))
    assert await database.read(notes_of) == ["again"]
    await database.close()
    await other.close()


@pytest.mark.parametrize(
    ("state", "message", "kind"),
    [
        ("53100", "No space left on device", StorageFull),
        ("58030", "could not fsync file", StorageBroken),
        ("58030", "could not read block", StorageUnavailable),
        ("57P01", "terminating connection", StorageUnavailable),
        ("40P01", "deadlock detected", StorageUnavailable),
        ("23505", "duplicate key", type(None)),
        (None, "something else", type(None)),
    ],
)
def test_what_the_server_says(state: str | None, message: str, kind: type) -> None:
    error = RuntimeError(message)
    error.sqlstate = state
    assert type(postgres_failure(error)) is kind


# -- addresses --------------------------------------------------------------------------------------------------------


async def test_addresses(tmp_path: Path) -> None:
    kinds = {
        f"sqlite:///{tmp_path}/a.db": SqliteDatabase,
        "postgresql://u@h/d": PostgresDatabase,
        "postgres://u@h/d": PostgresDatabase,
        "postgresql+asyncpg://u@h/d": PostgresDatabase,
    }
    for url, kind in kinds.items():
        database = open_database(url)
        assert isinstance(database, kind)
        await database.close()
    for url in ("mysql://root:secret@h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "gamefold.db"):
        with pytest.raises(ValueError, match="database") as raised:
            open_database(url)
        assert "secret" not in str(raised.value)


@pytest.mark.postgres
async def test_libpq_parameters_in_the_address(postgres_url: str) -> None:
    database = open_database(f"{postgres_url}?sslmode=prefer")
    assert await database.read(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
    await database.close()
