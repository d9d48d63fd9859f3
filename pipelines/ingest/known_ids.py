"""Was this event seen before? Sorted runs of 16-byte id hashes with the hash of the payload first committed under them.

A cache: it can be deleted at any time and is rebuilt from the segments. Probing 1,000 ids against 50 million costs
milliseconds, because a run is a memory-mapped sorted array and a probe touches a few of its pages.
Shape:  a run is uint64[n, 3] sorted by column 0: upper and lower half of the id hash, payload hash.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.envelope import event_hash
from pipelines.ingest.batch_ids import BatchIds
from pipelines.judge.tables import id_hashes
from pipelines.lake import replace_durably
from pipelines.ledger import Ledger

MANIFEST = "manifest.json"
MOST_RUNS = 8
QUARANTINE = "\0quarantine"  # refused records have ids too; behind this mark they cannot meet those of events


def id_rows(source: str, ids: list[str], payloads: np.ndarray | None = None) -> np.ndarray:
    """uint64[n, 3] for ids of one source; without payloads the third column is 0."""
    halves = np.frombuffer(b"".join(event_hash(source, each) for each in ids), np.uint64).reshape(-1, 2)
    return np.column_stack([halves, np.zeros(len(ids), np.uint64) if payloads is None else payloads])


def open_known_ids(folder: Path, ledger: Ledger, lake: Path) -> "KnownIds":
    """The index brought up to the ledger: what it lacks is read from the segments. Call it with the writer's lock held."""
    known = KnownIds(folder)
    if known.ledger_id != ledger.ledger_id or known.batch > ledger.last_batch():
        known.forget(ledger.ledger_id)
    if known.batch < ledger.last_batch():
        for kind, suffix in (("events", ""), ("quarantine", QUARANTINE)):
            for segment in ledger.segments(kind, known.batch, ledger.last_batch()):
                known.see(_rows_of_segment(lake / segment.path, suffix))
        known.commit(ledger.last_batch())
    return known


def _rows_of_segment(path: Path, suffix: str) -> np.ndarray:
    columns = ["source", "record_id"] if suffix else ["source", "event_id", "payload_hash"]
    table = pq.read_table(path, columns=columns)
    payloads = np.zeros(table.num_rows, np.uint64) if suffix else table.column(2).to_numpy()
    return rows_of(table.column(0), table.column(1), payloads, suffix)


def rows_of(sources: pa.ChunkedArray, ids: pa.ChunkedArray, payloads: np.ndarray, suffix: str = "") -> np.ndarray:
    """uint64[n, 3] for ids of any sources; `suffix`: put behind each source's name."""
    rows, of_row = np.zeros((len(ids), 3), np.uint64), np.array(sources.to_pylist(), object)
    for source in sources.unique().to_pylist():
        is_its = of_row == source
        rows[is_its, :2] = id_hashes(source + suffix, ids.filter(pa.array(is_its)))
    rows[:, 2] = payloads
    return rows


def sort_run(rows: np.ndarray) -> np.ndarray:
    return rows[np.argsort(rows[:, 0])]


def probe(run: np.ndarray, ids: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row of `ids` (uint64[n, 2+]): is it in the run, and the payload hash stored there (0 if not).

    order: of the rows by their first column.
    """
    found, payload = np.zeros(len(ids), bool), np.zeros(len(ids), np.uint64)
    if not len(run):
        return found, payload
    at = np.empty(len(ids), np.int64)
    at[order] = np.searchsorted(run[:, 0], ids[order, 0])
    open_rows = np.arange(len(ids))
    while len(open_rows):  # more than one turn only where two ids share their upper 8 bytes
        open_rows = open_rows[at[open_rows] < len(run)]
        rows = run[at[open_rows]]
        candidates = rows[:, 0] == ids[open_rows, 0]
        open_rows, rows = open_rows[candidates], rows[candidates]
        hit = rows[:, 1] == ids[open_rows, 1]
        found[open_rows[hit]], payload[open_rows[hit]] = True, rows[hit, 2]
        open_rows = open_rows[~hit]
        at[open_rows] += 1
    return found, payload


class KnownIds:
    """The committed ids (memory-mapped) and those of the batch in work (in memory)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: list[tuple[str, np.ndarray]] = []
        self._batch_ids = BatchIds()
        self.ledger_id, self.batch = "", 0
        self._load()

    def _load(self) -> None:
        manifest = self._folder / MANIFEST
        try:
            said = json.loads(manifest.read_text())
            runs = [(name, np.load(self._folder / name, mmap_mode="r")) for name in said["runs"]]
        except (OSError, EOFError, ValueError, TypeError, KeyError):
            return  # absent or damaged: the caller feeds the segments again
        self._runs, self.ledger_id, self.batch = runs, said["ledger_id"], said["batch"]

    def forget(self, ledger_id: str) -> None:
        """Starts from nothing; the next `commit` removes the old files."""
        self._runs, self._batch_ids, self.ledger_id, self.batch = [], BatchIds(), ledger_id, 0

    def see(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Judges rows (uint64[n, 3]) in their order, and remembers the new ones for the batch in work.

        Returns: is_new bool[n], is_same bool[n]; what is neither is an id that came with another payload.
        """
        known, payload = np.zeros(len(rows), bool), np.zeros(len(rows), np.uint64)
        order = np.argsort(rows[:, 0])  # in order, neighbours share the pages and cache lines of a run
        for _, run in self._runs:
            found, stored = probe(run, rows, order)
            known |= found
            payload[found] = stored[found]
        is_new = ~known
        is_first, payload[~known] = self._batch_ids.add(rows[~known])
        is_new[~known] = is_first
        return is_new, ~is_new & (payload == rows[:, 2])

    def drop_batch(self) -> None:
        """Forgets the batch in work (it failed); what is committed stays."""
        self._batch_ids = BatchIds()

    def commit(self, batch: int) -> None:
        """Stores the batch in work. Called after the ledger's commit: a crash in between is mended by reading segments."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if len(rows := self._batch_ids.rows()):
            self._runs.append(self._write(f"known-{batch}.npy", rows))
        while self._should_merge():
            name, last = self._runs.pop()
            _, before = self._runs.pop()
            self._runs.append(self._write(f"m{name}", np.concatenate([before, last])))
        self._batch_ids, self.batch = BatchIds(), batch
        self._write_manifest()

    def _should_merge(self) -> bool:
        sizes = [len(run) for _, run in self._runs]
        return len(sizes) > 1 and (sizes[-2] < 2 * sizes[-1] or len(sizes) > MOST_RUNS)

    def _write(self, name: str, rows: np.ndarray) -> tuple[str, np.ndarray]:
        temporary = self._folder / (name + ".tmp")
        with temporary.open("wb") as file:
            np.save(file, sort_run(rows))
        replace_durably(temporary, self._folder / name)
        return name, np.load(self._folder / name, mmap_mode="r")

    def _write_manifest(self) -> None:
        names = [name for name, _ in self._runs]
        said = {"ledger_id": self.ledger_id, "batch": self.batch, "runs": names}
        temporary = self._folder / (MANIFEST + ".tmp")
        temporary.write_text(json.dumps(said))
        replace_durably(temporary, self._folder / MANIFEST)
        for path in self._folder.glob("*known-*.npy*"):
            if path.name not in names:
                path.unlink()
