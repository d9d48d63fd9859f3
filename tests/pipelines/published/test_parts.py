"""A published table that is brought on by what changed: when that is done, and when it is written whole."""

from pathlib import Path

import duckdb
import pytest

from pipelines.published import ask, publish
from pipelines.published.files import path_of, standing
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place
from tests.houses import with_inputs

SESSIONS = "journeys.sessions"
PERSONS = 30


@pytest.fixture(scope="module")
def small(house) -> House:
    return House(house.config, with_inputs([SESSIONS], house.models))


class Published(Place):
    """Its events, one of each person, are published already."""

    def __init__(self, folder: Path, house: House) -> None:
        super().__init__(folder)
        self.house = house
        self.file = path_of(self.settings.published_folder, SESSIONS)
        self.come(*range(PERSONS))

    def come(self, *numbers: int) -> None:
        """Events of these persons, and what follows from them."""
        lines = [line(event_id=f"e-{self.count()}-{n}", ids={"user": f"u-{n:06}"}) for n in numbers]
        self.put(f"{self.count()}.ndjson", b"\n".join(lines))
        with open_warehouse(self.settings, self.house, wait_seconds=0) as warehouse:
            read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
            run_all(warehouse)

    def count(self) -> int:
        return sum(1 for _ in self.settings.inbox_root.rglob("*.ndjson"))

    def appended(self) -> int:
        """Rows that lie behind those that were written at once."""
        return standing(self.settings.published_folder)[SESSIONS].appended_count

    def sizes(self) -> list[int]:
        """Of each session."""
        query = f"select event_count from {SESSIONS} order by event_count desc, person_id"
        return [row[0] for row in ask(self.settings.published_folder, query)[1]]


@pytest.fixture
def place(tmp_path, small) -> Published:
    return Published(tmp_path, small)


def test_rows_of_whom_nothing_changed_stay_where_they_are(place):
    place.come(7)
    assert place.appended() == 1 and place.sizes() == [2, *[1] * (PERSONS - 1)]
    place.come(7, 40)
    assert place.appended() == 3 and place.sizes() == [3, *[1] * PERSONS]
    assert standing(place.settings.published_folder)[SESSIONS].row_count == PERSONS + 1


def test_where_much_was_appended_it_is_written_whole(place):
    place.come(*range(10))
    assert place.appended() == 0 and place.sizes() == [*[2] * 10, *[1] * (PERSONS - 10)]


def test_a_batch_of_which_nothing_comes_appends_nothing(place):
    place.put("again.ndjson", line(event_id="e-0-1", ids={"user": "u-000001"}))
    place.come(40)
    assert place.appended() == 1 and len(place.sizes()) == PERSONS + 1


def test_an_old_file_is_brought_on_as_long_as_the_changes_are_remembered(place):
    old = place.file.read_bytes()
    place.come(1)
    place.file.write_bytes(old)
    place.come(2)
    assert place.appended() == 0 and place.sizes() == [2, 2, *[1] * (PERSONS - 2)]  # those of the first are forgotten
    old = place.file.read_bytes()
    with open_warehouse(place.settings, place.house, wait_seconds=0) as warehouse:
        publish(warehouse)
    place.file.write_bytes(old)
    place.come(3)
    assert place.appended() == 1 and place.sizes() == [2, 2, 2, *[1] * (PERSONS - 3)]


def test_a_file_with_damaged_rows_is_written_whole(place):
    content = bytearray(place.file.read_bytes())
    for block in range(3 * 4096, len(content), 16384):  # behind the headers
        content[block + 5000 : block + 5008] = b"damaged!"
    place.file.write_bytes(content)
    place.come(1)
    assert place.sizes() == [2, *[1] * (PERSONS - 1)]


def test_a_file_whose_rows_do_not_add_up_is_written_whole(place):
    with duckdb.connect(str(place.file)) as connection:
        connection.execute("delete from rows where person_id like '%9'")
    place.come(1)
    assert place.appended() == 0 and place.sizes() == [2, *[1] * (PERSONS - 1)]


def test_a_warehouse_that_is_built_anew_publishes_whole(place):
    """Its builds have the numbers of those before, and its log of changes knows nothing of what came with them."""
    published = place.file.read_bytes()
    place.come(1)
    place.file.write_bytes(published)
    place.settings.warehouse_path.unlink()
    place.come(2)
    place.come(3)
    assert place.sizes() == [2, 2, 2, *[1] * (PERSONS - 3)]
