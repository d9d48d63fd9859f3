"""Negative controls: the law must catch a refresh that was broken on purpose, or its silence means nothing."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from assets.people import identities
from pipelines.ingest.known_ids import KnownIds
from pipelines.published import files, tables
from pipelines.refresh import ChecksFailed
from pipelines.refresh.changes import Changes
from pipelines.refresh.cuts import ChangedPersons
from tests.laws import known
from tests.laws.histories import histories
from tests.laws.judgement import judge, judge_some

LOGGED = "warehouse.house.changed_persons"


def forget_persons_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs only whom an id leads to now, not whose it was."""
    log = Changes.log

    def broken(self, position):
        log(self, position)
        if self._tells_persons:
            self._connection.execute(f"""
                delete from {LOGGED} where name = '{self._model.name}'
                and person_id not in (select person_id from temp.new_rows where person_id is not null)""")

    monkeypatch.setattr(Changes, "log", broken)


def forget_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that were nobody's are not looked at again."""
    log = Changes.log

    def broken(self, position):
        log(self, position)
        self._connection.execute(f"delete from {LOGGED} where person_id is null")

    monkeypatch.setattr(Changes, "log", broken)


def forget_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that carries several other ids is looked at for the first of them only."""
    monkeypatch.delattr(identities, "also_changed")


def start_at_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is still open when something changes is left as it is."""
    monkeypatch.setattr(ChangedPersons, "_find_restarts", lambda self, since: None)


def start_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is logged as if it lay a minute later."""
    log = Changes.log

    def broken(self, position):
        log(self, position)
        self._connection.execute(f"update {LOGGED} set since = since + interval 1 minute where batch = {position}")

    monkeypatch.setattr(Changes, "log", broken)


def forget_dates_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that moved to another date is missed on the one that it left."""
    log = Changes.log

    def broken(self, position):
        log(self, position)
        if self._tells_dates:
            date = self._model.header.date
            self._connection.execute(f"""
                delete from warehouse.house.changed_dates where name = '{self._model.name}'
                and local_date not in (select {date} from temp.new_rows)""")

    monkeypatch.setattr(Changes, "log", broken)


def ignore_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is not rebuilt when what its words mean has changed."""
    monkeypatch.setattr("pipelines.refresh.definition_of", lambda model, models, config: {})


def look_at_new_ids_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets the other ids of the persons whom a new event touches."""

    def broken(connection, stored, after):
        connection.execute(f"""
            create or replace temp table touched_ids as
            select distinct namespace, id_kind, id_value from people.links where batch > {after}""")
        return identities.CUTS

    monkeypatch.setattr(identities, "touched", broken)


def publish_from_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first row that changed of a person stays published as it was."""
    find = tables._Table._find_changed_parts

    def broken(self, after):
        find(self, after)
        self._connection.execute(f"update {files.CHANGED} set since = since + interval 1 microsecond")

    monkeypatch.setattr(tables._Table, "_find_changed_parts", broken)


def take_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is checked against what is known: every event is new."""
    monkeypatch.setattr(KnownIds, "see", lambda self, rows: (np.ones(len(rows), bool), np.zeros(len(rows), bool)))


RANDOM = settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CAUGHT_BY = {
    forget_persons_before: known.a_device_gets_a_user,
    forget_nobody: known.events_of_nobody_become_somebodys,
    ignore_edits: known.an_edit_without_new_events,
    look_at_new_ids_only: known.a_late_event_renames_a_person,
    forget_neighbours: known.an_event_of_two_other_ids_changes_over_to_the_first,
    start_at_the_change: known.a_session_goes_on,
    start_a_moment_later: known.a_session_goes_on,
    forget_dates_before: known.a_session_moves_to_another_date,
    publish_from_a_moment_later: known.a_session_goes_on,
    take_duplicates: known.an_event_is_sent_again,
}


# a table of each kind among them and what they read: by batch, by person, by date, from a Python loop, rebuilt whole, public
SOME = ("metrics.daily", "people.persons")


@pytest.mark.parametrize(("break_it", "history"), CAUGHT_BY.items(), ids=[each.__name__ for each in CAUGHT_BY])
def test_a_known_history_catches(break_it, history, monkeypatch):
    break_it(monkeypatch)
    with pytest.raises((AssertionError, ChecksFailed)):
        judge_some(history(), SOME)


def test_where_nothing_is_broken_nothing_is_caught():
    judge_some(known.a_session_goes_on(), SOME)


@pytest.mark.soak
@pytest.mark.parametrize("break_it", CAUGHT_BY, ids=lambda each: each.__name__)
def test_random_histories_catch(break_it, monkeypatch):
    @RANDOM
    @given(histories())
    def law(history):
        judge(history)

    break_it(monkeypatch)
    with pytest.raises(AssertionError):
        law()
