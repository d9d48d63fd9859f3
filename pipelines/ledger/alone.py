"""One process at a time does a named thing with a ledger: by a lock that dies with its holder."""

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

from pipelines.ledger import Ledger
from pipelines.lock import Busy, writer_lock


def alone(ledger: Ledger, name: str, wait_seconds: float = 0) -> AbstractContextManager[None]:
    """Beside an SQLite file the kernel's lock on a file, in PostgreSQL the session's. Errors: Busy after `wait_seconds`."""
    url = sa.make_url(ledger.address)
    if url.get_backend_name() != "sqlite":
        return _advisory_lock(ledger, name, wait_seconds)
    if not url.database or url.database == ":memory:":
        return nullcontext()
    file_name = f"{re.sub('[^A-Za-z0-9-]', '-', name)}.lock"
    return writer_lock(Path(url.database).parent / file_name, wait_seconds)


@contextmanager
def _advisory_lock(ledger: Ledger, name: str, wait_seconds: float) -> Iterator[None]:
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    deadline = time.monotonic() + wait_seconds
    with ledger.connect() as connection:
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))):
            if time.monotonic() >= deadline:
                raise Busy(f"{name}: another process holds it; wait until it is done, or stop it")
            time.sleep(0.1)
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(number)))
