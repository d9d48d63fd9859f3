"""Reads what the simulator wrote, with the standard library alone, so that nothing of the simulator judges itself."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from simulator import SimulationSummary, batches


class Line(NamedTuple):
    source: str
    file: str
    record: int
    raw: bytes


@dataclass
class World:
    into: Path
    truth: Path
    summary: SimulationSummary

    @cached_property
    def lines(self) -> list[Line]:
        """Every line in feeding order."""
        return [line for _, paths in batches(self.into) for path in paths for line in self._read(path)]

    @cached_property
    def broken(self) -> dict[tuple[str, int], str]:
        return {(row["file"], row["record"]): row["reason"] for row in self.rows("broken.ndjson")}

    @cached_property
    def records(self) -> list[tuple[str, dict[str, Any]]]:
        """(source, record) of every line that is not broken, in feeding order."""
        whole = [line for line in self.lines if (line.file, line.record) not in self.broken]
        return [(line.source, json.loads(line.raw)) for line in whole]

    @cached_property
    def events(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The first copy of every event, by source and id, with its corrected time."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for source, record in self.records:
            first = found.setdefault((source, record["event_id"]), record)
            first["occurred_at"] = first.get("occurred_at") or corrected(first)
        return found

    @cached_property
    def totals(self) -> dict[str, Any]:
        return json.loads((self.truth / "totals.json").read_bytes())

    def rows(self, name: str) -> list[dict[str, Any]]:
        content = (self.truth / name).read_bytes()
        text = gzip.decompress(content) if name.endswith(".gz") else content
        return [json.loads(line) for line in text.splitlines()]

    def _read(self, path: Path) -> Iterator[Line]:
        content = gzip.decompress(path.read_bytes())
        assert content.endswith(b"\n")
        name = path.relative_to(self.into).as_posix()
        for number, raw in enumerate(content[:-1].split(b"\n"), start=1):
            yield Line(path.parent.name, name, number, raw)


def corrected(record: dict[str, Any]) -> datetime:
    at, received_at = moment(record["timestamp"]), moment(record["received_at"])
    return at + (received_at - moment(record["sent_at"])) if "sent_at" in record else at


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def late_by(record: dict[str, Any]) -> timedelta:
    return moment(record["received_at"]) - corrected(record)
