"""A small process that is killed while it publishes: `python -m tests.pipelines.published.victim` forks one for each order.

Two tables of one generation, which every row says. A step changes the disk, or is a statement to PostgreSQL: a victim dies
before it, or once it has returned.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import duckdb

from pipelines.models import Model
from pipelines.published import files, postgres
from pipelines.published.files import write_catalog, write_table
from pipelines.published.postgres import serve
from pipelines.published.server import Session
from tests.faults import breaks
from tests.faults.breaks import put
from tests.faults.orders import serve_orders
from tests.faults.steps import Counted, Steps, count_steps
from tests.pipelines.published.small import VISITS, model, put_parts, said_of, secret

FIRST, SECOND = (model(name, VISITS, moment="started_at") for name in ("shop.first", "shop.second"))
TABLES: dict[str, Model] = {each.name: each for each in (FIRST, SECOND)}


@dataclass(slots=True)
class Order:
    """Publishes one generation into the folder, or what is there to `url`. `breaks`: the name of a negative control."""

    folder: str
    generation: int
    rows: int
    url: str | None = None
    die_at: int | None = None
    breaks: str | None = None
    report: str = "report.json"


def obey(order: Order) -> None:
    steps = Steps(Path(order.folder), order.die_at, cut_power=False, pause_at=None)
    if order.breaks:
        (globals().get(order.breaks) or getattr(breaks, order.breaks))()
    if order.url is None:
        count_steps(steps)
        publish(Path(order.folder), order.generation, order.rows, steps)
    else:
        _count_statements(steps)
        serve(secret(order.url), Path(order.folder, "published"), TABLES)
    Path(order.folder, order.report).write_bytes(json.dumps({"labels": steps.labels}).encode())


def publish(folder: Path, generation: int, rows: int, steps: Steps | None = None) -> None:
    """Every second one by parts: those of all persons, however much that is."""
    published = folder / "published"
    published.mkdir(exist_ok=True)
    with duckdb.connect() as connection, patch.object(files, "MOST_APPENDED", math.inf):
        counted = connection if steps is None else Counted(connection, steps, every_statement=True)
        for name, table in TABLES.items():
            query = f"""select range as visit, 'p-' || range % 10 as person_id, timestamp '2026-01-01' as started_at,
                date '2026-01-01' as local_date, {generation} as ratio from range({rows})"""
            if generation % 2:
                write_table(counted, published, query, said_of(name, generation, rows))  # pyright: ignore[reportArgumentType]
            else:
                put_parts(published, table, query, generation, counted)  # pyright: ignore[reportArgumentType]
    write_catalog(published, TABLES)


def _count_statements(steps: Steps) -> None:
    """Every statement is two steps: before it, and once the server has answered."""
    for name in ("execute", "copy"):
        own = getattr(Session, name)

        def counted(self: Session, statement: str, *more, own=own, name=name):
            steps.step(f"before {name} {statement:.40}")
            answer = own(self, statement, *more)
            steps.step(f"after {name} {statement:.40}")
            return answer

        put(Session, name, counted)


def commit_each_statement() -> None:
    """There is no transaction."""
    own = postgres.connected
    put(postgres, "connected", lambda url, autocommit=False: own(url, autocommit=True))


if __name__ == "__main__":
    serve_orders(lambda said: obey(Order(**said)))
