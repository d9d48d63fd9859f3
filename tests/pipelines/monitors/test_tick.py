"""Looks at a database outside: what changes, what is said, what a restart, a gap, an edit and a mute make of it."""

import json

from pipelines.ledger.alerts import Silence
from pipelines.monitors.readings import TROUBLE
from tests.pipelines.monitors.outside import MINUTE, START, monitor

HIGH = {"high": monitor()}


def test_a_number_that_is_high_fires_once_and_is_resolved_once(outside):
    for minute, value in enumerate((1, 20, 30, 20, 5, 5)):
        outside.look(minute, HIGH, a=value)
    assert outside.kinds() == ["first", "resolve"]
    assert [each.state for each in outside.alerts.transitions("high")] == ["firing", "resolved"]
    first, resolve = outside.notes()
    assert "name a: 20 (above 10) since 2026-01-01 00:01" in first.text and "owner team:data" in first.text
    assert resolve.text.startswith("✅ high: Numbers are high. Over after 3 min")


def test_what_opens_again_at_the_very_moment_after_the_clock_went_back_is_another_incident(outside):
    for minute, value in ((5, 20), (6, 1), (5, 20), (6, 1)):
        outside.look(minute, HIGH, a=value)
    assert outside.kinds() == ["first", "resolve"] * 2
    assert len({note.incident for note in outside.notes()}) == 2


def test_labels_are_apart_and_each_has_its_own_message(outside):
    outside.look(0, HIGH, a=20, b=1)
    outside.look(1, HIGH, a=20, b=20)
    outside.look(2, HIGH, a=1, b=20)
    assert outside.states() == {"a": "resolved", "b": "firing"}
    assert sorted(outside.kinds()) == ["first", "first", "resolve"]


def test_a_group_is_one_message_that_is_kept_up_to_date(outside):
    grouped = {"high": monitor(group_by=[])}
    outside.look(0, grouped, a=20, b=1)
    outside.look(1, grouped, a=20, b=20)
    outside.look(2, grouped, a=1, b=20)
    outside.look(3, grouped, a=1, b=1)
    assert outside.kinds() == ["first", "update", "update", "resolve"]
    assert len({note.incident for note in outside.notes()}) == 1


def test_it_must_hold_for_the_wait_and_is_kept_firing(outside):
    patient = {"high": monitor(**{"for": "3m", "keep_firing_for": "2m"})}
    said = []
    for minute, value in enumerate((20, 20, 20, 20, 1, 20, 1, 1, 1)):
        outside.look(minute, patient, a=value)
        said.append(outside.states()["a"])
    assert said == ["pending"] * 3 + ["firing"] * 4 + ["resolved"] * 2
    assert outside.kinds() == ["first", "resolve"]


def test_a_row_that_is_gone_is_over(outside):
    outside.look(0, HIGH, a=20, b=20)
    outside.look(1, HIGH, b=20)
    assert outside.states() == {"a": "resolved", "b": "firing"}


def test_what_was_last_seen_of_a_row_that_is_gone_tells_of_its_end(outside):
    named = {"high": monitor(message="{{ name }} is high")}
    outside.look(0, named, a=20)
    outside.look(2, named, b=1)
    over = outside.notes()[-1]
    assert over.text.splitlines()[:2] == [
        "✅ a is high. Over after 2 min, at 2026-01-01 00:02.",
        "name a: at last 20 (above 10)",
    ]


def test_the_end_of_what_was_edited_is_told_in_the_monitors_own_words(outside):
    outside.look(0, {"high": monitor(message="{{ name }} is high")}, a=20)
    outside.look(1, {"high": monitor(message="{{ name }} is high", condition={"above": 50})}, b=1)
    assert outside.notes()[-1].text.startswith("✅ high: Numbers are high. Over after 1 min")


def test_details_are_written_as_their_columns_say(outside):
    query = "select name, value, 90.0 as took_seconds, 0.25 as lost_ratio, 12345 as project from numbers"
    outside.look(0, {"high": monitor(what={"query": query, "labels": ["name"], "database": "numbers"})}, a=20)
    assert outside.notes()[0].reply.splitlines()[1:] == [
        "took_seconds: 1 min 30 s",
        "lost_ratio: 25.0 %",
        "project: 12345",
    ]


def test_what_is_known_stays_where_no_data_keeps(outside):
    keeps = {"high": monitor(no_data="keep")}
    outside.look(0, keeps, a=20)
    outside.say({})
    outside.look(1, keeps)
    outside.look(2, keeps, a=None)
    assert outside.states() == {"a": "firing"}


def test_no_data_can_be_told_and_what_fires_stays(outside):
    tells = {"high": monitor(no_data="tell")}
    outside.look(0, tells, a=20)
    outside.say({})
    outside.look(1, tells)
    assert outside.states() == {"a": "firing", TROUBLE: "no_data"}
    outside.look(2, tells, a=1)
    assert outside.states() == {"a": "resolved", TROUBLE: "resolved"}
    assert sorted(outside.kinds()) == ["first", "first", "resolve", "resolve"]


def test_a_query_that_fails_is_told_and_what_fires_stays(outside):
    outside.look(0, HIGH, a=20)
    outside.break_down()
    outside.look(1, HIGH)
    assert outside.states() == {"a": "firing", TROUBLE: "error"}
    assert "no such table: numbers" in outside.notes()[-1].text
    outside.look(2, HIGH, a=20)
    assert outside.states() == {"a": "firing", TROUBLE: "resolved"}


def test_a_database_that_is_not_there_says_which_variable_has_its_address(outside):
    outside.path.unlink()
    outside.look(0, HIGH)
    assert "unable to open database file; its address: TRAILHOUSE_DATABASES__NUMBERS" in outside.notes()[0].text


def test_a_database_that_nobody_set_up_is_no_error_and_what_was_told_of_it_is_over(outside):
    tick = outside.look(0, {"high": monitor(what={"query": "select 1 as value", "database": "projects"})})
    assert "'projects' is not set up; its address: TRAILHOUSE_DATABASES__PROJECTS" in tick.not_set_up["high"]
    assert outside.notes() == [] and outside.alerts.looks().keys() == {"high"}
    outside.look(1, HIGH, a=20)
    outside.settings.databases.clear()
    outside.look(2, HIGH)
    assert outside.states() == {"a": "resolved"} and outside.kinds() == ["first", "resolve"]


def test_a_column_of_another_kind_stops_no_other_monitor(outside):
    wrong = monitor(what={"query": "select 'many' as value", "database": "numbers"})
    outside.look(0, {"wrong": wrong} | HIGH, a=20)
    assert outside.states("wrong") == {TROUBLE: "error"} and outside.states() == {"a": "firing"}


def test_what_is_absent_fires_and_is_over_when_it_comes(outside):
    absent = {"high": monitor(condition={"absent": True})}
    outside.look(0, absent, a=1, b=1)
    outside.look(1, absent, b=1)
    assert outside.states() == {"a": "firing"}
    outside.look(2, absent, a=1, b=1)
    assert outside.states() == {"a": "resolved"}


def test_a_change_is_one_against_the_look_before(outside):
    changed = {"high": monitor(condition={"changed": True})}
    for minute, value in enumerate((5, 5, 6, 6)):
        outside.look(minute, changed, a=value)
    assert [each.changed_at for each in outside.alerts.transitions("high")] == [START + 2 * MINUTE, START + 3 * MINUTE]


def test_looking_again_at_the_same_moment_says_nothing(outside):
    for _ in range(3):
        outside.look(0, HIGH, a=20)
    assert outside.kinds() == ["first"]


def test_what_still_fires_is_repeated_when_it_is_due_and_once_for_all_that_was_missed(outside):
    often = {"high": monitor(repeat="1h"), "beat": monitor(what={"gap": "10m"}, condition=None)}
    for minute in range(0, 131, 1):
        outside.look(minute, often, a=20)
    assert outside.kinds() == ["first", "repeat", "repeat"]
    outside.look(9000, often, a=20)
    assert sorted(outside.kinds()) == ["first", "once", "repeat", "repeat", "repeat"]
    (gap,) = [note for note in outside.notes() if note.kind == "once"]
    assert "nobody looked for 6 d 3 h, from 2026-01-01 02:10 to 2026-01-07 06:00" in gap.text


def test_a_clock_that_went_back_is_said_once_and_loses_nothing(outside):
    watched = {"high": monitor(), "beat": monitor(what={"gap": "10m"}, condition=None)}
    outside.look(5000, watched, a=20)
    outside.look(600, watched, a=20)
    outside.look(601, watched, a=1)
    assert sorted(outside.kinds()) == ["first", "once", "resolve"]
    assert "the clock went back by 3 d 1 h" in next(note.text for note in outside.notes() if note.kind == "once")


def test_an_edit_of_what_is_watched_resets_and_other_words_do_not(outside):
    outside.look(0, HIGH, a=20)
    outside.look(1, {"high": monitor(description="Other words.")}, a=20)
    assert outside.kinds() == ["first"]
    outside.look(2, {"high": monitor(condition={"above": 50})}, a=20)
    assert outside.kinds() == ["first", "resolve"]
    assert outside.alerts.transitions("high")[-1].reason == "the monitor was edited"


def test_a_monitor_that_is_gone_is_over(outside):
    outside.look(0, HIGH, a=20)
    outside.look(1, {})
    assert outside.kinds() == ["first", "resolve"] and "is gone from config" in outside.notes()[-1].text


def test_a_silence_mutes_what_is_new_and_not_that_it_is_over(outside):
    outside.look(0, HIGH, a=20)
    labels = json.dumps({"name": "b"})
    outside.alerts.silence(Silence("high", labels, START, START + 3 * MINUTE, "ann", "known"))
    outside.look(1, HIGH, a=20, b=20)
    outside.look(2, HIGH, a=1, b=20)
    assert outside.kinds() == ["first", "resolve"]
    outside.look(3, HIGH, a=1, b=20)
    assert outside.kinds() == ["first", "resolve", "first"]


def test_an_acknowledgement_stops_the_repeats_until_it_is_over(outside):
    often = {"high": monitor(repeat="1h")}
    outside.look(0, often, a=20)
    outside.alerts.acknowledge(outside.notes()[0].incident, "ann", START)
    outside.look(61, often, a=20)
    outside.look(62, often, a=1)
    outside.look(63, often, a=20)
    outside.look(124, often, a=20)
    assert outside.kinds() == ["first", "resolve", "first", "repeat"]


def asked(query: str) -> dict:
    return {
        "what": {"query": f"select name, value from numbers where {query}", "labels": ["name"], "database": "numbers"}
    }


def test_a_source_that_is_stale_mutes_what_reads_it(outside):
    stale = monitor(**asked("name = 'web'"), mutes_by="name")
    monitors = {"stale": stale, "high": monitor(**asked("name <> 'web'"), sources=["web"])}
    outside.look(0, monitors, web=20, a=20)
    assert [note.monitor for note in outside.notes()] == ["stale"]
    outside.look(1, monitors, web=1, a=20)
    said = [(note.monitor, note.kind) for note in outside.notes()]
    assert said == [("stale", "first"), ("stale", "resolve"), ("high", "first")]


def test_quiet_hours_hold_back_what_is_not_critical(outside):
    hours = {"quiet_hours": {"from": "22:00", "to": "07:00"}}
    night = {"high": monitor(**hours), "urgent": monitor(**hours, severity="critical")}
    outside.look(60, night, a=20)
    assert [note.monitor for note in outside.notes()] == ["urgent"]
    outside.look(7 * 60, night, a=20)
    assert [note.monitor for note in outside.notes()] == ["urgent", "high"]


def test_what_is_due_is_looked_at_and_nothing_else(outside):
    both = {"high": monitor(), "slow": monitor(every="15m")}
    assert set(outside.look(0, both).changes.looks) == {"high", "slow"}
    assert set(outside.look(1, both).changes.looks) == {"high"}
    assert set(outside.look(15, both).changes.looks) == {"high", "slow"}


def test_the_message_is_kept_and_edited_and_its_thread_says_what_became_of_it(outside):
    outside.look(0, HIGH, a=20)
    assert outside.send().incidents == 1
    outside.look(1, HIGH, a=1)
    outside.send()
    said = outside.messages()
    (incident,) = [unit for unit in said if "/" not in unit]
    assert said[incident].startswith("✅") and said[f"{incident}/2-resolve"].startswith("Over after 1 min")
    assert f"{incident}/1-first" in said and len(said) == 3
    assert outside.send().incidents == 0


def test_what_was_over_before_it_could_be_sent_is_one_message(outside):
    outside.look(0, HIGH, a=20)
    outside.look(1, HIGH, a=1)
    outside.send()
    assert [text[0] for unit, text in outside.messages().items() if "/" not in unit] == ["✅"]


def test_a_template_that_breaks_says_so_and_the_alert_goes_out(outside):
    outside.look(0, {"high": monitor(message="{{ nothing }}")}, a=20)
    assert "its message cannot be made" in outside.notes()[0].text


def test_a_template_sees_the_row(outside):
    outside.look(0, {"high": monitor(message="{{ name }} is {{ value | number }}")}, a=20)
    assert outside.notes()[0].text.startswith("🟠 a is 20\n")
