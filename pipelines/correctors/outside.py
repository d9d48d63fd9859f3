"""A transaction in an outside database. Whatever goes wrong is told without its address, which may hold a password."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipelines.errors import TrailhouseError
from pipelines.settings import Settings

HOW = "write a SQLAlchemy URL, such as postgresql+psycopg://…"


class CorrectorError(TrailhouseError):
    """A corrector cannot look or change; nothing was changed. Says which one, what the database answers, what to do."""


@contextmanager
def transaction(settings: Settings, database: str, writes: bool) -> Iterator[sa.Connection]:
    """Committed at its end, if nothing was raised. writes: False opens it so that it could not. Errors: CorrectorError."""
    engine = _engine(settings, database, writes)
    try:
        with engine.connect() as connection:
            if not writes and connection.dialect.name == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            with connection.begin():
                yield connection
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
        what = f"the database '{database}' ({_variable(database)}) answers: {said[0]}"
        raise CorrectorError(f"{what}; look again: what was not committed is as it was") from None
    finally:
        engine.dispose()


def _variable(database: str) -> str:
    return f"TRAILHOUSE_DATABASES__{database.upper()}"


def _engine(settings: Settings, database: str, writes: bool) -> sa.Engine:
    name, address = _variable(database), settings.database_address(database)
    if not settings.has_database(database):
        raise CorrectorError(f"{name}: the database '{database}' is not set up; {HOW}")
    try:
        url = sa.make_url(address.get_secret_value())
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, writes)
        return sa.create_engine(url, poolclass=sa.NullPool)
    except ArgumentError:
        raise CorrectorError(f"{name}: this is no address of a database; {HOW}") from None
    except ModuleNotFoundError as error:
        raise CorrectorError(f"{name}: its driver '{error.name}' is not installed; install it, or {HOW}") from None


def _sqlite(url: sa.URL, writes: bool) -> sa.Engine:
    """A file that is not there is not made; who writes has the lock from the first row that it reads."""
    mode = "rw" if writes else "ro"
    file = url.set(database=f"file:{url.database}").update_query_dict({"mode": mode, "uri": "true"})
    engine = sa.create_engine(file, poolclass=sa.NullPool)
    if writes:
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin immediate"))
    return engine
