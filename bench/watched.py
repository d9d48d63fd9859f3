"""Which functions of the ingest are which part of its work."""

from bench.parts import Watched
from pipelines import lake
from pipelines.files.records import PrefixDigest
from pipelines.ingest import coordinator as ingest
from pipelines.ingest.known_ids import KnownIds
from pipelines.ingest.shelf import Shelf
from pipelines.ingest.writers import InThread
from pipelines.judge import Judge
from pipelines.ledger import Ledger

_COORDINATOR: Watched = {
    "reading, cutting into blocks": [(ingest, "inspect"), (ingest, "blocks")],
    "hash of what was read": [(PrefixDigest, "feed")],
    "duplicates": [(KnownIds, "see"), (ingest, "id_rows"), (ingest, "open_known_ids")],
    "ledger": [(Ledger, "commit")],
    "index of known ids": [(KnownIds, "commit")],
}

ALL_CORES: Watched = _COORDINATOR | {
    "handing over blocks and verdicts": [(InThread, "send"), (InThread, "settle")],
    "waiting for judgements": [(InThread, "receive")],
    "waiting for the last segments": [(InThread, "finish")],
}

ONE_PROCESS: Watched = _COORDINATOR | {
    "judging": [(Judge, "judge")],
    "keeping what is new": [(Shelf, "judge"), (Shelf, "settle")],
    "waiting for the last segments": [(Shelf, "finish")],
    "writing Parquet": [(lake.pq, "write_table"), (lake, "write_segment")],
    "sync and hash of segments": [(lake, "_sync_and_digest"), (lake, "sync_folder")],
}
