"""What one ingest tells the ledger: a batch with its counts, files, segments and failures."""

from dataclasses import dataclass, field, fields

from pipelines.lake import Segment


@dataclass(slots=True)
class Counts:
    """Where the records of a batch or of one of its files went; `CONSERVATION` holds or the ledger refuses the row."""

    records_in: int = 0
    accepted: int = 0
    duplicate_same: int = 0
    duplicate_conflict: int = 0
    quarantined: int = 0
    blank: int = 0

    def add(self, other: "Counts") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(slots=True)
class FileState:
    """What is known of one path: how far it was read, and the hash of those (decompressed) bytes."""

    path: str
    source: str
    size: int
    modified_ns: int
    status: str = "read"  # read | same (its bytes came under another name) | refused (see failures)
    content_bytes: int = 0
    content_sha256: str = ""


@dataclass(slots=True)
class FileCounts:
    path: str
    source: str
    first_number: int
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class Failure:
    path: str
    source: str
    reason: str
    detail: str
    seen_at: int


@dataclass(slots=True)
class Resolved:
    """A refused record that a replay judged right. `outcome`: accepted | duplicate_same (its event had come meanwhile)."""

    quarantine_number: int
    outcome: str


@dataclass(slots=True)
class Batch:
    """Everything that one commit says. `as_of` and `committed_at`: microseconds since 1970, UTC."""

    batch: int
    kind: str
    as_of: int
    committed_at: int = 0
    counts: Counts = field(default_factory=Counts)
    files: list[FileCounts] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    states: list[FileState] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    resolved: list[Resolved] = field(default_factory=list)
