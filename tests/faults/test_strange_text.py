"""Hostile names and values go through unharmed and harmless: byte-equal in the log's views and in what is published."""

import json

import pytest

from pipelines.published import ask
from pipelines.warehouse import Warehouse, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import STRANGE, line
from tests.faults.place import AS_OF, Place


def said(number: int, text: str) -> bytes:
    return line(
        event_id=f"{text}!",
        event_name=text,
        ids={"user": f"{number} {text}"},
        properties={text: text},
        context={"page": {"path": text, "referrer": text}, "campaign": {"source": text}},
    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, house):
    place = Place(tmp_path_factory.mktemp("strange"))
    place.put("a.ndjson", b"\n".join(said(number, text) for number, text in enumerate(STRANGE)))
    with open_warehouse(place.settings, house, wait_seconds=0) as opened:
        read(opened, new_tasks(opened, settled=False), as_of=AS_OF)
        run_all(opened)
        yield opened


def rows_of_the_log(warehouse: Warehouse, query: str) -> list[tuple]:
    warehouse.show(("raw.events",))
    return warehouse.connection.execute(query).fetchall()


def test_in_the_log(warehouse):
    columns = "event_id, event_name, user_id, properties, context ->> '$.page.path'"
    found = rows_of_the_log(warehouse, f"select {columns} from raw.events order by event_number")
    expected = [(f"{text}!", text, f"{n} {text}", {text: text}, text) for n, text in enumerate(STRANGE)]
    assert [(*row[:3], json.loads(row[3]), row[4]) for row in found] == expected


def test_in_the_tables(warehouse):
    found = warehouse.connection.execute(
        "select event_name, path, referrer, utm_source from warehouse.people.events order by event_number"
    ).fetchall()
    assert found == [(text,) * 4 for text in STRANGE]


def test_in_what_is_published(warehouse):
    _, rows = ask(warehouse.settings.published_folder, "select id_value from people.identities where id_kind = 'user'")
    assert sorted(row[0] for row in rows) == sorted(f"{n} {text}" for n, text in enumerate(STRANGE))
    _, rows = ask(warehouse.settings.published_folder, "select entry_path, exit_path from journeys.sessions")
    assert sorted(rows) == sorted((text, text) for text in STRANGE)
