"""The way to PostgreSQL, and what it says when there is none: what is wrong and what to do, never the address."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from pipelines.errors import TrailhouseError

if TYPE_CHECKING:
    import psycopg

SETTING = "WAREHOUSE_SERVING"
FORM = "postgresql://<user>:<password>@<host>:<port>/<database>"
CONNECT_SECONDS = 10
CURES = {  # SQLSTATE, or its class, or what libpq says before there is one -> what to do
    "password authentication failed": "the user or the password in it is wrong",
    "no password supplied": "the server wants a password, and it has none",
    "no pg_hba.conf entry": "the server's pg_hba.conf lets this user not in from here",
    "does not exist": "the user or the database in it does not exist; create it first",
    "42501": "this user may not do that; docs/serving.md says what they must be granted",
    "53100": "the server's disk is full; nothing was changed",
    "53": "the server has not enough of something; nothing was changed",
    "55P03": "a reader held a table whose columns change for too long; nothing was changed, the next publish tries again",
    "2BP01": "something that others made depends on what goes; drop that first",
    "0A000": "something that others made depends on what changes; drop that first",
    "57P": "the server was stopped; nothing was changed",
}


class ServingError(TrailhouseError):
    """What is published does not reach PostgreSQL, which keeps what it had. Says why and what to do, and no address."""


class Session:
    """One connection. Names in its statements are ours."""

    def __init__(self, connection: "psycopg.Connection") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] | None = None) -> "psycopg.Cursor":
        return self._connection.execute(statement.encode(), values)

    def copy(self, name: str, columns: Iterable[str], text: Iterable[bytes]) -> int:
        """Returns how many rows came. text: CSV without a header, in the order of `columns`."""
        with self._connection.cursor() as cursor:
            with cursor.copy(f"copy {name} ({listed(columns)}) from stdin (format csv)".encode()) as copy:
                for each in text:
                    copy.write(each)
            return cursor.rowcount


def listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{each}"' for each in columns)


@contextmanager
def connected(url: SecretStr, autocommit: bool = False) -> Iterator[Session]:
    """A session at the address in the setting; it commits at the end. Errors: ServingError, also for what goes wrong inside."""
    import psycopg  # not where nobody asked for it: it takes its time

    address = _address(url)
    try:
        with psycopg.connect(address, autocommit=autocommit, connect_timeout=CONNECT_SECONDS) as connection:
            yield Session(connection)
    except psycopg.Error as error:
        raise ServingError(f"{SETTING}: {_told(error)}") from None  # its frames and its context know the address


def _address(url: SecretStr) -> str:
    """As libpq takes it; SQLAlchemy's name of the driver may stand in it. Errors: ServingError."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    scheme, _, rest = url.get_secret_value().partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg") or not rest:
        raise ServingError(f"{SETTING}: only {FORM} is known")
    try:
        said = conninfo_to_dict(f"postgresql://{rest}")
    except Exception:  # its words hold the address
        raise ServingError(f"{SETTING}: it cannot be read as an address; write {FORM}") from None
    return make_conninfo("", **(said | {"application_name": "trailhouse"}))


def _told(error: "psycopg.Error") -> str:
    """The server's first line, and what to do about it."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    state = error.sqlstate or ""
    known = (cure for key, cure in CURES.items() if (state.startswith(key) if state else key in said))
    return f"{said}; {next(known, 'is the server there, and can it be reached from here? Nothing was changed')}"
