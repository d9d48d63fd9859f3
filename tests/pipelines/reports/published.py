"""Published tables to make reports of: four persons who each visited once."""

from pathlib import Path

from pipelines.settings import Settings
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place


def published_events(folder: Path, house: House) -> Settings:
    """The settings of a house in `folder`; its events are of 2026-03-01, 10:00 UTC."""
    place = Place(folder)
    lines = [line(event_id=f"e-{n}", ids={"user": f"u-{n:06}"}, timestamp="2026-03-01T10:00:00Z") for n in range(4)]
    place.put("a.ndjson", b"\n".join(lines))
    with open_warehouse(place.settings, house, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        run_all(warehouse)
    return place.settings
