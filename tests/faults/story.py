"""What the victims read: three small batches with everything in them that an ingest must get right, and what is in them.

A file that grows, one that comes again compressed, one that is broken; events again, changed, late, without an id; two users
who become one person. The truth below is counted by hand, not by our code.
"""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

from pipelines.config.expressions import parse_expression
from pipelines.config.sources import Source
from tests.faults.place import AS_OF

BATCHES = (1, 2, 3)
GROWING = "inbox/web/growing.ndjson"
MARKS = {
    1: "inbox/web/1.ndjson.gz",
    2: "inbox/web/2.ndjson",
    3: "inbox/web/3.ndjson",
}  # the ledger has the batch iff it has this

_replace = os.replace  # not counted as a step of the victim


def event(event_id: str | None, minute: int, user: str | None, name: str = "page_viewed", **more) -> bytes:
    """One line of a native source; a minute after noon of 2026-03-01, received 2 seconds later."""
    moment = f"2026-03-01T{12 + minute // 60:02}:{minute % 60:02}"
    said = {"event_name": name, "timestamp": f"{moment}:00Z", "received_at": f"{moment}:02Z"}
    said |= {"ids": {"user": user} if user else {}, "properties": {"minute": minute}} | more
    return json.dumps(said if event_id is None else {"event_id": event_id} | said).encode() + b"\n"


def visits(first: int, last: int) -> list[bytes]:
    return [
        event(f"w-{n:02}", n, f"u-{n % 5:06}", context={"page": {"path": f"/{n % 3}"}}) for n in range(first, last + 1)
    ]


def device(event_id: str, minute: int, user: str | None) -> bytes:
    ids = {"anonymous": "a-1"} | ({"user": user} if user else {})
    return event(event_id, minute, None, ids=ids)


def jobs(first: int, last: int) -> list[bytes]:
    return [event(f"b-{n:02}", n - 1500, f"u-{n % 5:06}", "build_finished") for n in range(first, last + 1)]


MERGE = event("w-merge", 50, "u-000001", "alias", ids={"user": "u-000001", "other_user": "u-000002"})
UNMERGE = event("w-unmerge", 70, "u-000001", "unalias", ids={"user": "u-000001", "other_user": "u-000002"})
MORNING = b"\xef\xbb\xbf" + b"".join([*visits(1, 12), b"\n", b"[1]\n", event(None, 13, "u-000003"), *visits(3, 3)])
GREW = [device("g-1", 1, None), device("g-2", 2, None), device("g-3", 40, "u-000004"), event(None, 41, "u-000004")]
INVOICES = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,A,LAMP,6,2026-02-01 08:26:00,2.55,17850.0,United Kingdom
536365,A,LAMP,6,2026-02-01 08:26:00,2.55,17850.0,United Kingdom
C536366,B,,-1,2026-02-01 08:28:00,1.85,,France
536367,B,LAMP,many,2026-02-01 08:34:00,1.85,13047.0,France
"""

FILES: dict[int, dict[str, bytes]] = {
    1: {
        "inbox/backend/1.ndjson": b"".join(jobs(1501, 1506)),
        "inbox/shop/1.csv": INVOICES,
        "inbox/web/1.ndjson.gz": gzip.compress(MORNING, mtime=0),
        GROWING: b"".join(GREW[:2]),
    },
    2: {
        "inbox/backend/2.ndjson": b"".join([*jobs(1490, 1492), *jobs(1501, 1502)]),
        "inbox/web/2.ndjson": b"".join([*visits(13, 18), *visits(1, 1), event("w-02", 2, "u-000000"), MERGE, b"{\n"]),
        "inbox/web/2-again.ndjson": MORNING,
        "inbox/web/2-broken.ndjson.gz": gzip.compress(b"".join(visits(80, 90)), mtime=0)[:-6] + b"\0" * 6,
        GROWING: b"".join(GREW),
    },
    3: {
        "inbox/shop/3.csv": INVOICES.replace(b"2026-02-01", b"2026-02-02"),
        "inbox/web/3.ndjson": b"".join([*visits(19, 24), UNMERGE, device("w-late", 3, "u-000003")]),
    },
}

IDS = {
    1: [*(f"b-{n}" for n in range(1501, 1507)), *(f"w-{n:02}" for n in range(1, 13)), "g-1", "g-2"],
    2: ["b-1490", "b-1491", "b-1492", *(f"w-{n:02}" for n in range(13, 19)), "w-merge", "g-3"],
    3: [*(f"w-{n:02}" for n in range(19, 25)), "w-unmerge", "w-late"],
}
MADE_IDS = {1: 3 + 1, 2: 1, 3: 3}  # the shop's lines have none, one of the web's and one of the grown file's neither
REFUSED = {
    1: Counter(not_object=1, bad_type=1),
    2: Counter(duplicate_conflict=1, not_json=1),
    3: Counter(bad_type=1),
}
FAILED = {1: Counter(), 2: Counter(file_corrupt=1), 3: Counter()}


def fixed(sources: dict[str, Source]) -> dict[str, Source]:
    """The sources after somebody has mended the shop's mapping: a quantity may be any text."""
    shop = sources["shop"]
    assert shop.fields is not None
    fields = {"properties": shop.fields.properties | {"quantity": parse_expression("Quantity")}}
    return sources | {"shop": shop.model_copy(update={"fields": shop.fields.model_copy(update=fields)})}


def as_of(batch: int) -> int:
    return AS_OF + batch * 60_000_000


def paths(folder: Path, batch: int) -> list[Path]:
    return [folder / name for name in FILES[batch]]


def place(folder: Path, batch: int) -> None:
    """Puts the batch's files there, each at once; a second time changes nothing."""
    for name, data in FILES[batch].items():
        path = folder / name
        if path.exists() and path.stat().st_size == len(data):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".tmp").write_bytes(data)
        _replace(path.with_suffix(".tmp"), path)
