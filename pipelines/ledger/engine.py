"""Where the ledger lies and how it is opened: SQLite beside the lake, or PostgreSQL."""

import errno
import sqlite3
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError

from pipelines.errors import TrailhouseError
from pipelines.writable import can_write

DISK_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EROFS,
}


class LedgerError(TrailhouseError):
    """The ledger cannot be opened or refuses a row; says which address and what to do."""


def open_engine(address: str) -> sa.Engine:
    """Errors: LedgerError."""
    try:
        url = sa.make_url(address)
    except ArgumentError as error:
        raise LedgerError(
            f"TRAILHOUSE_LEDGER_URL: {error}; write sqlite:///<path> or postgresql+psycopg://…"
        ) from error
    return _open_sqlite(url) if url.get_backend_name() == "sqlite" else sa.create_engine(url)


def _open_sqlite(url: sa.URL) -> sa.Engine:
    path = Path(url.database) if url.database else None  # else in memory
    if path is not None and path.exists() and not can_write(path.parent):
        engine = sa.create_engine(_to_read(url, path))
    else:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url)
        event.listen(engine, "connect", _durable)
    event.listen(engine, "handle_error", _tell_of_the_disk)
    return engine


def _to_read(url: sa.URL, path: Path) -> sa.URL:
    """Even to read, SQLite makes a write-ahead log; where it cannot, and none stands there, it must be told that none comes."""
    how = {"mode": "ro"} if path.with_name(path.name + "-wal").exists() else {"immutable": "1"}
    return url.set(database=f"file:{quote(str(path))}").update_query_dict({"uri": "true"} | how)


def is_for_reading(engine: sa.Engine) -> bool:
    return "uri" in engine.url.query


def _durable(connection, _record) -> None:
    """An acknowledged batch survives a power cut; readers do not block the writer."""
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("pragma busy_timeout=30000")


def _tell_of_the_disk(context: sa.ExceptionContext) -> None:
    """A full or broken disk is the same error whoever wrote to it. Nothing of the transaction is acknowledged."""
    said = context.original_exception
    code = getattr(said, "sqlite_errorcode", 0) & 0xFF  # the rest says where in SQLite
    if code in DISK_ERRORS and context.engine is not None:
        what = f"{said}: is the disk full, or mounted for reading only?"
        raise OSError(DISK_ERRORS[code], what, context.engine.url.database) from said
