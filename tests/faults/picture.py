"""What a data folder holds, in words that do not depend on the split into batches: for comparing two of them."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from pipelines.ledger import Ledger
from pipelines.ledger import tables as ledger_tables
from pipelines.published import ask
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse
from tests.houses import rows_of

IN_THE_LOG = ("event_number", "ledger_position")  # numbers of the log; event_id stands for them


@dataclass(slots=True)
class Picture:
    """`events`, `quarantine`: id -> how often; `tables`, `published`: name -> hash of ordered rows; `torn`: what is not whole."""

    events: dict[str, int] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    batches: int = 0
    tables: dict[str, str] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)


def look(warehouse: Warehouse, parts: Sequence[str]) -> Picture:
    """`parts`: log, tables, published."""
    picture = picture_of_log(warehouse.settings) if "log" in parts else Picture()
    if "tables" in parts:
        picture.tables = pictures_of_tables(warehouse)
    if "published" in parts:
        public = [model.name for model in warehouse.models.values() if model.header.public]
        picture.published = pictures_of_published(warehouse.settings, public)
    return picture


def picture_of_log(settings: Settings) -> Picture:
    """Events, quarantine and failures; torn are segments that are not as acknowledged, and files that are nobody's."""
    picture = Picture()
    with closing(Ledger(settings.ledger_address)) as ledger:
        picture.batches = ledger.last_batch()
        segments = [each for kind in ("events", "quarantine") for each in ledger.segments(kind, 0, picture.batches)]
        failed = ledger.rows(sa.select(ledger_tables.failures))
        resolved = set(ledger.resolved_numbers()["quarantine_number"].to_pylist())
    picture.failures = dict(Counter(f"{row['path']} {row['reason']}" for row in failed))
    for segment in segments:
        path = settings.lake_folder / segment.path
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != segment.sha256:
            picture.torn.append(f"segment {segment.path}")
            continue
        _count_rows(picture, segment.kind, path, resolved)
    known = {segment.path for segment in segments}
    picture.torn += sorted(f"nobody's {path}" for path in files_below(settings.lake_folder) - known)
    return picture


def _count_rows(picture: Picture, kind: str, path: Path, resolved: set[int]) -> None:
    rows = pq.read_table(path).to_pylist()
    if kind == "events":
        found = Counter(f"{row['source']} {row['event_id']} {row['payload_hash']}" for row in rows)
        picture.events = dict(Counter(picture.events) + found)
    else:
        ends = [" resolved" * (row["quarantine_number"] in resolved) for row in rows]
        texts = [f"{row['source']} {row['record_id']} {row['reason']}" for row in rows]
        found = Counter(text + end for text, end in zip(texts, ends, strict=True))
        picture.quarantine = dict(Counter(picture.quarantine) + found)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pictures_of_tables(warehouse: Warehouse) -> dict[str, str]:
    """Every stored table."""
    models = [model for model in warehouse.models.values() if not model.header.view]
    return {model.name: _hash(_stored_rows(warehouse, model.name, list(model.columns))) for model in models}


def _stored_rows(warehouse: Warehouse, name: str, columns: list[str]) -> list[tuple]:
    return rows_of(warehouse, name, [column for column in columns if column not in IN_THE_LOG])


def pictures_of_published(settings: Settings, names: list[str]) -> dict[str, str]:
    """Every public table as a reader sees it; 'unreadable: …' where it cannot be read, 'absent' before the first publish."""
    return {name: _published(settings, name) for name in names}


def _published(settings: Settings, name: str) -> str:
    try:
        return _hash(ask(settings.published_folder, f"select * from {name} order by all")[1])
    except Exception as error:  # whatever a reader would see
        is_first = not (settings.published_folder / "catalog.duckdb").exists()
        return "absent" if is_first else f"unreadable: {type(error).__name__}: {error}"


def _hash(rows: list[tuple]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()
