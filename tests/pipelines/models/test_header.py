"""The header of a table: what is understood, and what is refused with file and line."""

from pathlib import Path

import pytest

from pipelines.models.header import Check, ModelError, Since, parse_header

PATH = Path("sql/journeys/visits.sql")
GOOD = """
One row per visit: a person's events
without a long silence.

A second paragraph.

grain: person_id, started_at
by: person_id
public: yes
personal: person_id
check: it ends after it starts | ended_at >= started_at
warn: it is short | ended_at - started_at < interval 1 day
column: started_at | first event, UTC
""".strip().splitlines()


def parse(lines, start=1):
    return parse_header(PATH, list(enumerate(lines, start)))


def test_every_line_is_understood():
    header = parse(GOOD)
    assert header.description == "One row per visit: a person's events without a long silence.\n\nA second paragraph."
    assert (header.grain, header.by, header.public, header.view) == (
        ("person_id", "started_at"),
        "person_id",
        True,
        False,
    )
    assert header.checks == [
        Check("it_ends_after_it_starts", "it ends after it starts", "ended_at >= started_at", blocking=True),
        Check("it_is_short", "it is short", "ended_at - started_at < interval 1 day", blocking=False),
    ]
    assert header.columns == {"started_at": "first event, UTC"}
    assert header.lines["column started_at"] == 12
    assert header.personal == ("person_id",)


def test_a_condition_may_hold_a_bar():
    lines = [*GOOD, "check: a name is made of two words | first_name || last_name <> ''"]
    assert parse(lines).checks[-1].condition == "first_name || last_name <> ''"


SINCE = {
    "since: started_at": Since("started_at"),
    "since: started_at until ends_at": Since("started_at", "ends_at"),
    "since: started_at until ends_at, overlapping": Since("started_at", "ends_at", is_overlapping=True),
}


@pytest.mark.parametrize(("line", "since"), SINCE.items(), ids=SINCE)
def test_where_rows_start_again(line, since):
    assert parse([*GOOD, line]).since == since


REFUSED = {
    "an unknown line, and the nearest name": (
        "grane: person_id",
        "unknown header line 'grane:'; did you mean 'grain:'?",
    ),
    "a line like no other": (
        "owner: team:data",
        "unknown header line 'owner:'; known: grain, by, since, moment, fold, date, check, warn, column",
    ),
    "a line in capitals": ("Warn: it is short | true", "unknown header line 'Warn:'; did you mean 'warn:'?"),
    "nothing after the colon": ("check:", "'check:' says nothing; write its value or remove the line"),
    "blanks after the colon": ("warn:   ", "'warn:' says nothing"),
    "a start without an end": ("since: started_at until", "write 'since: <column>', '… until <column>'"),
    "overlapping rows without an end": (
        "since: started_at, overlapping",
        "write 'since: <column>', '… until <column>'",
    ),
    "an unknown way to refresh": ("by: day", "'by: day' is not a way to refresh; use person_id or batch"),
    "a check without a condition": ("check: it ends", "write '<what holds> | <condition true of every row>'"),
    "a check without words": ("check: | true", "write '<what holds> | <condition true of every row>'"),
    "a column without a meaning": ("column: started_at", "write 'column: <name> | <meaning, unit>'"),
    "neither yes nor no": ("view: perhaps", "'view:' is yes or no, not 'perhaps'"),
}


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_with_file_and_line(line, message):
    lines = [text for text in GOOD if not text.startswith("by:")]
    with pytest.raises(ModelError) as refused:
        parse([*lines, line])
    assert str(refused.value).startswith(f"{PATH}:{len(lines) + 1}: {message}")


@pytest.mark.parametrize("line", ["check:a year|true", "check : a year | true"])
def test_a_slip_in_the_blanks_is_not_taken_for_prose(line):
    assert parse([*GOOD, line]).checks[-1].name == "a_year"


@pytest.mark.parametrize("line", ["grain: person_id", "by: batch", "public: no"])
def test_one_answer_only(line):
    with pytest.raises(ModelError, match=rf":{len(GOOD) + 1}: '{line.split(':')[0]}:' stands twice; keep one"):
        parse([*GOOD, line])


@pytest.mark.parametrize("label", ["It is short!", "grain"])
def test_a_check_has_a_name_of_its_own(label):
    with pytest.raises(ModelError, match=rf":{len(GOOD) + 1}: there is a check '\w+' already"):
        parse([*GOOD, f"check: {label} | true"])


def test_a_missing_grain_is_refused():
    with pytest.raises(ModelError) as refused:
        parse(["One row per visit."], start=3)
    assert (
        str(refused.value) == f"{PATH}:3: the header has no grain; add '-- grain: <columns that are unique together>'"
    )


@pytest.mark.parametrize("prose", [[], [""], ["A row is a visit."], ["The table of visits.", "One row per visit."]])
def test_the_first_sentence_says_what_a_row_is(prose):
    with pytest.raises(ModelError, match="the first sentence must start 'One row per …'"):
        parse([*prose, "grain: person_id"])
