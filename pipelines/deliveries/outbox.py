"""Where things go without a token: files that say what would have been sent, and a page that shows it.

Shape:  <outbox>/<date>/<report>/<channel>/<hash>-<unit>.json, beside it the attached file; of a report with several threads,
        which are called <report>/<key>, each has a folder <key> between. <outbox>/<date>/<report>/index.html shows them all.
        A unit is there once its JSON is: it is renamed into place last, durably.
"""

import json
import re
from hashlib import sha256
from pathlib import Path

from pipelines.deliveries.channel import Note, Unit
from pipelines.deliveries.messages import File, Message, Thread
from pipelines.deliveries.page import page
from pipelines.lake import write_durably

LONGEST_NAME = 80


class Outbox:
    """A channel on the disk. Errors: OSError of the disk; the unit is then looked for by the next run."""

    settle_seconds = retry_seconds = 0.0
    files_apart = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def address(self, thread: Thread) -> str:
        return f"outbox:{thread.channel}"

    def send(self, unit: Unit, note: Note) -> str:
        path = self._path(unit)
        said = _said(unit)
        if isinstance(unit.content, File):
            write_durably(path.with_name(said["path"]), unit.content.content)
        write_durably(path, json.dumps(said, ensure_ascii=False, indent=1).encode())
        return path.relative_to(self._folder).as_posix()

    def edit(self, unit: Unit) -> None:
        """The file is written anew."""
        write_durably(self._path(unit), json.dumps(_said(unit), ensure_ascii=False, indent=1).encode())

    def find(self, unit: Unit) -> str | None:
        path = self._path(unit)
        if not path.exists() or json.loads(path.read_bytes())["marker"] != unit.row.marker:
            return None
        return path.relative_to(self._folder).as_posix()

    def finish(self, thread: Thread) -> None:
        """The page is made of the files alone, so it can be removed and comes back equal."""
        report = thread.report.partition("/")[0]
        folder = self._folder / thread.date.isoformat() / safe(report)
        units = [_read(path, folder) for path in sorted(folder.rglob("*.json"))]
        made = page(report, thread.date, units).encode()
        path = folder / "index.html"
        if units and not (path.exists() and path.read_bytes() == made):
            write_durably(path, made)

    def _path(self, unit: Unit) -> Path:
        row = unit.row
        names = [*row.report.split("/", 1), row.channel.removeprefix("outbox:")]
        return self._folder.joinpath(row.report_date, *map(safe, names), f"{_unique(row.unit)}.json")


def safe(name: str) -> str:
    """A file name of letters that every disk takes; it cannot lead to another folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:LONGEST_NAME] or "unnamed"


def _unique(unit: str, name: str | None = None) -> str:
    return f"{sha256(unit.encode()).hexdigest()[:8]}-{safe(name or unit)}"


def _said(unit: Unit) -> dict:
    row, content = unit.row, unit.content
    head = {"thread": f"{row.report} {unit.thread}", "unit": row.unit, "kind": row.kind, "channel": row.channel}
    head |= {"position": unit.position, "number": row.delivery, "marker": row.marker}
    if isinstance(content, Message):
        return head | {"message": row.unit, "person": row.person, "text": content.text, "blocks": content.blocks}
    head |= {"message": row.unit.removesuffix(f"/{content.name}")}
    shown = {"name": content.name, "title": content.title, "bytes": len(content.content)}
    return head | shown | {"path": _unique(row.unit, content.name), "sha256": row.content_hash}


def _read(path: Path, folder: Path) -> dict:
    said = json.loads(path.read_bytes())
    return said | {"href": (path.parent / said.get("path", path.name)).relative_to(folder).as_posix()}
