"""A small process that is killed while it publishes: `python -m tests.pipelines.published.victim` forks one for each order.

Two tables of one generation, which every row says. A step changes the disk, or is a statement to PostgreSQL: a victim dies
before it, or once it has returned.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.models import Model
from pipelines.published import postgres
from pipelines.published.files import write_catalog, write_table
from pipelines.published.postgres import serve
from pipelines.published.server import Session
from tests.faults import breaks
from tests.faults.breaks import put
from tests.faults.orders import serve_orders
from tests.faults.steps import Counted, Steps, count_steps
from tests.pipelines.published.small import VISITS, model, said_of, secret

FIRST, SECOND = model("shop.first", VISITS), model("shop.second", VISITS)
TABLES: dict[str, Model] = {each.name: each for each in (FIRST, SECOND)}
CHANGED = 7  # every so many rows of a generation differ from the one before


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
        serve(secret(order.url), Path(order.folder, "published"), Path(order.folder, "served"), TABLES)
    Path(order.folder, order.report).write_bytes(json.dumps({"labels": steps.labels}).encode())


def publish(folder: Path, generation: int, rows: int, steps: Steps | None = None) -> None:
    published = folder / "published"
    published.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        counted = connection if steps is None else Counted(connection, steps, every_statement=True)
        for name in TABLES:
            query = f"""select range as visit, 'p-' || range % 10 as person_id, timestamp '2026-01-01' as started_at,
                date '2026-01-01' as local_date, {generation} as ratio from range({rows})"""
            write_table(counted, published, query, said_of(name, generation, rows))  # pyright: ignore[reportArgumentType]
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
