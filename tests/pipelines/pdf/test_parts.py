"""Rows of a query as a table."""

from datetime import date

from pipelines.pdf.parts import Column, table_of

ROWS = [
    {"Step": "visited", "Persons": None, "Done": True, "On": date(2026, 3, 1), "Nothing": None},
    {"Step": "deployed", "Persons": 3, "Done": False, "On": date(2026, 3, 2), "Nothing": None},
]


def test_numbers_stand_to_the_right_also_where_the_first_is_missing():
    assert [column.kind for column in table_of(ROWS).columns] == ["text", "count", "text", "text", "text"]


def test_what_is_true_is_a_word_and_all_else_stays_what_it_is():
    assert table_of(ROWS).rows[1] == ["deployed", 3, "no", date(2026, 3, 2), None]


def test_no_rows_are_a_table_without_columns():
    assert table_of([]).columns == [] and table_of([]).total == 0
    assert table_of([{"Persons": 1}]).columns == [Column("Persons", "count")]
