"""Negative controls: the law must catch a refresh that was broken on purpose, or its silence means nothing."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from assets.people import identities
from pipelines.refresh import _Refresh
from tests.laws import known
from tests.laws.histories import histories
from tests.laws.judgement import judge


def forget_persons_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs only whom an id leads to now, not whose it was."""
    log = _Refresh._log_touched

    def broken(self, before):
        log(self, before)
        self.connection.execute("""
            delete from warehouse.house.touched
            where person_id not in (select person_id from temp.new_table where person_id is not null)""")

    monkeypatch.setattr(_Refresh, "_log_touched", broken)


def forget_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that were nobody's are not looked at again."""
    monkeypatch.setattr("pipelines.refresh.same_person", lambda rows: f"{rows}.person_id in (from temp.touched)")


def ignore_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is not rebuilt when what its words mean has changed."""
    monkeypatch.setattr("pipelines.refresh.definition_of", lambda model, models, config: {})


def look_at_new_ids_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets the other ids of the persons whom a new event touches."""

    def broken(connection, stored, after):
        connection.execute(f"""
            create or replace temp table touched_ids as
            select distinct namespace, id_kind, id_value from people.links where batch > {after}""")
        ids = "in (select (namespace, id_kind, id_value) from touched_ids)"
        return {
            "people.links": f"(namespace, id_kind, id_value) {ids}",
            "people.statements": f"(namespace, 'user', user_a) {ids}",
        }

    monkeypatch.setattr(identities, "touched", broken)


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
}


@pytest.mark.parametrize(("break_it", "history"), CAUGHT_BY.items(), ids=[each.__name__ for each in CAUGHT_BY])
def test_a_known_history_catches(break_it, history, monkeypatch):
    break_it(monkeypatch)
    with pytest.raises(AssertionError):
        judge(history())


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
