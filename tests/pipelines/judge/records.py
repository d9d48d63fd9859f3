"""Records to judge, and the shortest way to have them judged."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.config.sources import Source, load_sources
from pipelines.files import blocks, inspect
from pipelines.judge import Judge, Judged

SOURCES = load_sources(Path(__file__).parents[3] / "config" / "sources.yaml")
WEB, SHOP, GITHUB = SOURCES["web"], SOURCES["shop"], SOURCES["github"]
NOON = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z
BATCH_AT = NOON + 3_600_000_000


def event(**changes: Any) -> dict:
    """A native record; a change to `...` leaves the key out."""
    record = {
        "event_id": "e-1",
        "event_name": "page_viewed",
        "timestamp": "2026-03-01T12:00:00Z",
        "ids": {"user": "u-000123", "anonymous": "a-7"},
        "properties": {"path": "/docs"},
        "context": {"page": {"path": "/docs"}},
    } | changes
    return {key: value for key, value in record.items() if value is not ...}


def line(**changes: Any) -> bytes:
    return json.dumps(event(**changes), separators=(",", ":")).encode()


def with_text(key: str, text: str) -> bytes:
    """A record with a value that no JSON writer writes."""
    return line(**{key: "\0here"}).replace(b'"\\u0000here"', text.encode("utf-8", "surrogatepass"))


def judge_file(path: Path, source: Source = WEB, block_bytes: int = 4 << 20, skip: int = 0) -> list[Judged]:
    inspect(path, source)
    judge = Judge(source)
    return [judge.judge(block) for block in blocks(path, source, BATCH_AT, skip, block_bytes)]


def judge_bytes(folder: Path, data: bytes, source: Source = WEB, **options: int) -> list[Judged]:
    path = folder / "input"
    path.write_bytes(data)
    return judge_file(path, source, **options)


def events_of(judged: list[Judged]) -> list[dict]:
    return [row for each in judged for row in each.events.to_pylist()]


def refused_of(judged: list[Judged]) -> list[dict]:
    return [row for each in judged for row in each.quarantine.to_pylist()]


def micros_of(column: pa.ChunkedArray) -> list[int]:
    return column.cast(pa.int64()).to_pylist()
