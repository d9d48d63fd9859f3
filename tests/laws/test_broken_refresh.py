"""Negative controls: the law must catch a refresh that was broken on purpose, or its silence means nothing."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from assets.people import identities
from pipelines.refresh import _Refresh
from pipelines.state import State
from pipelines.warehouse import Warehouse
from tests.laws.histories import histories
from tests.laws.judgement import judge


def forget_persons_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs only whom an id leads to now, not whose it was."""
    log = _Refresh._log_touched

    def broken(self, before):
        log(self, before)
        self.connection.execute("""
            delete from warehouse.house.touched
            where person_id in (select person_id from warehouse.people.identities)
                and person_id not in (select person_id from temp.new_table where person_id is not null)""")

    monkeypatch.setattr(_Refresh, "_log_touched", broken)


def forget_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that were nobody's are not looked at again."""
    monkeypatch.setattr("pipelines.refresh.same_person", lambda rows: f"{rows}.person_id in (from temp.touched)")


def commit_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are committed before the position that says so."""
    save = State.save

    def broken(self, state):
        self._connection.execute("commit; begin")
        save(self, state)

    monkeypatch.setattr(State, "save", broken)


def ignore_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is not rebuilt when what it was made of was rebuilt."""
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


BREAKS = [forget_persons_before, forget_nobody, ignore_edits, look_at_new_ids_only]
OF = {}

@pytest.mark.parametrize("break_it", BREAKS, ids=lambda each: each.__name__)
def test_a_broken_refresh_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)
    n=[0]
    @settings(max_examples=80, deadline=None, phases=[Phase.generate], derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(histories())
    def law(history):
        n[0]+=1
        judge(history)

    try:
      with pytest.raises(AssertionError):
        law()
    finally: print("EXAMPLES",n[0])
