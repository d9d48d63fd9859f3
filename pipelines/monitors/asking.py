"""Asks a monitor's query: of the warehouse's public tables, as they stand, or of a database outside, which is only read."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from pipelines.moments import utc
from pipelines.monitors.binding import tables_of_query
from pipelines.monitors.conditions import Row
from pipelines.monitors.readings import AskError, NotYet
from pipelines.warehouse import Warehouse
from pipelines.words import local

MOST_ROWS = 10_000  # a monitor tells instances apart; it copies no table


class Reader:
    """The warehouse's tables as they stand, for one look or for several between which nothing is written.

    zone: of $today, the local date of $as_of.
    """

    def __init__(self, warehouse: Warehouse, zone: str) -> None:
        self.warehouse, self._zone = warehouse, zone
        self._shown: set[str] = set()

    def ask(self, query: str, as_of: int, timeout: int, **more: Any) -> list[Row]:
        """Rows of a query, which may use $as_of, $today and what else is given. as_of, timeout: µs. Errors: AskError, NotYet."""
        names = tables_of_query(query)
        if missing := [name for name in names if self.warehouse.state.table(name) is None]:
            raise NotYet(f"{missing[0]} was never built")
        moment = utc(as_of)
        parameters = {"as_of": moment, "today": local(moment, self._zone).date()} | more
        used = {name: value for name, value in parameters.items() if f"${name}" in query}
        connection = self.warehouse.connection
        timer = threading.Timer(timeout / 1e6, connection.interrupt)
        timer.start()
        try:
            self._show(names)
            found = connection.execute(query, used)
            return _rows([column[0] for column in found.description or []], found.fetchmany(MOST_ROWS + 1))
        except duckdb.Error as error:
            raise AskError(str(error)) from error
        finally:
            timer.cancel()

    def _show(self, names: tuple[str, ...]) -> None:
        """What was shown for another query stays."""
        if not self._shown.issuperset(names):
            self._shown.update(names)
            self.warehouse.show(tuple(sorted(self._shown)))


def ask_outside(url: SecretStr, query: str, as_of: datetime, timeout: int) -> list[Row]:
    """Rows of a query, which may use :as_of. timeout: µs. Errors: AskError, without the address."""
    try:
        with _engine(url, timeout) as engine, engine.connect() as connection:
            statement = sa.text(query)
            used = {"as_of": as_of} if "as_of" in statement.compile().params else {}
            with _limited(connection, timeout):
                found = connection.execute(statement, used)
                return _rows(list(found.keys()), found.fetchmany(MOST_ROWS + 1))
    except SQLAlchemyError as error:
        said = getattr(error, "orig", None) or type(error).__name__
        raise AskError(f"the database answers: {str(said).strip().splitlines()[0]}") from None


def _rows(columns: list[str], rows: Sequence) -> list[Row]:
    if len(rows) > MOST_ROWS:
        raise AskError(f"the query gives more than {MOST_ROWS:,} rows; group them, or choose those that matter")
    return [dict(zip(columns, row, strict=True)) for row in rows]


@contextmanager
def _engine(url: SecretStr, timeout: int) -> Iterator[sa.Engine]:
    """Nothing is written through it, and nothing of it stays."""
    made = sa.make_url(url.get_secret_value())
    engine = sa.create_engine(_to_read(made, timeout), poolclass=sa.NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _to_read(url: sa.URL, timeout: int) -> sa.URL:
    """The address that can only be read: SQLite by its mode, PostgreSQL by the session's default."""
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(database=f"file:{url.database}").update_query_dict({"mode": "ro", "uri": "true"})
    if url.get_backend_name() == "postgresql":
        options = f"-c default_transaction_read_only=on -c statement_timeout={timeout // 1000}"
        return url.update_query_dict({"options": options, "connect_timeout": str(max(2, timeout // 1_000_000))})
    return url


@contextmanager
def _limited(connection: sa.Connection, timeout: int) -> Iterator[None]:
    """SQLite has no timeout of its own."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    timer = threading.Timer(timeout / 1e6, driver.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
