"""Sources with `fields`: expressions on JSON and csv, and the real files where they are at hand."""

import json
from pathlib import Path

import pytest

from pipelines.config.expressions import parse_expression
from pipelines.config.sources import Source
from tests.pipelines.judge.records import (
    BATCH_AT,
    GITHUB,
    SHOP,
    events_of,
    judge_bytes,
    judge_file,
    micros_of,
    refused_of,
)

DATA = Path(__file__).parents[3] / "../shared/data"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="for want of shared/data beside the checkout")


def source_of(fields: dict, **more) -> Source:
    return Source.model_validate({"name": "a", "namespace": "a", "folder": "a", "fields": fields, **more})


def judge_json(tmp_path, record: dict, **fields) -> list:
    source = source_of({"event_name": "kind", "timestamp": "at", **fields}, id_kinds=["order"])
    return judge_bytes(tmp_path, json.dumps({"kind": "k", "at": "2026-03-01T12:00:00Z"} | record).encode(), source)


def shop(tmp_path, *rows: str) -> list:
    return judge_bytes(tmp_path, "\n".join((HEADER, *rows)).encode(), SHOP)


def test_a_line_of_the_shop(tmp_path):
    judged = shop(tmp_path, '400001,10001,"MUG ""LARGE"", RED",2,2011-05-29 10:40:00,2.55,12345.0,United Kingdom')
    (row,) = events_of(judged)
    assert (row["event_name"], row["user_id"], row["event_id"]) == ("item_purchased", "12345", None)
    assert json.loads(row["properties"]) == {
        "invoice": "400001", "stock_code": "10001", "description": 'MUG "LARGE", RED', "quantity": 2,
        "unit_price": "2.55", "unit_price_cents": 255, "country": "United Kingdom",
    }  # fmt: skip
    assert (row["context"], row["note"], row["raw_timestamp"]) == (None, None, "2011-05-29 10:40:00")
    assert micros_of(judged[0].events["occurred_at"]) == [1_306_662_000_000_000]
    assert micros_of(judged[0].events["received_at"]) == [BATCH_AT]


@pytest.mark.parametrize(
    ("invoice", "quantity", "name"),
    [("C400001", "-2", "item_cancelled"), ("400001", "-2", "stock_adjusted"), ("400001", "2", "item_purchased")],
)
def test_the_first_case_that_holds_names_the_event(tmp_path, invoice, quantity, name):
    (row,) = events_of(shop(tmp_path, f"{invoice},1,,{quantity},2011-05-29 10:40:00,0.0,,UK"))
    assert row["event_name"] == name and row["user_id"] is None


BAD_ROWS = {
    "too few columns": ("400001,1,MUG", "missing_field", "3 columns"),
    "too many columns": ("400001,1,MUG,2,2011-05-29 10:40:00,2.55,,UK,", "bad_type", "9 columns"),
    "an open quote": ('400001,1,"MUG,2,2011-05-29 10:40:00,2.55,,UK', "bad_type", "csv"),
    "rubbish behind a quote": ('400001,1,"MUG"x,2,2011-05-29 10:40:00,2.55,,UK', "bad_type", "csv"),
    "a quantity that is no number": (
        "400001,1,MUG,two,2011-05-29 10:40:00,2.55,,UK",
        "bad_type",
        "properties.quantity: 'two'",
    ),
    "a customer that is no number": ("400001,1,MUG,2,2011-05-29 10:40:00,2.55,x,UK", "bad_type", "ids.user: 'x'"),
    "no time": ("400001,1,MUG,2,,2.55,,UK", "missing_field", "timestamp"),
    "another order of the date": ("400001,1,MUG,2,29/05/2011 10:40,2.55,,UK", "bad_timestamp", "not written as"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_costs_itself_alone(tmp_path, case):
    text, reason, words = BAD_ROWS[case]
    good = "400001,1,MUG,2,2011-05-29 10:40:00,2.55,12345.0,UK"
    judged = shop(tmp_path, good, text, good, "")
    assert len(events_of(judged)) == 2
    (refused,) = refused_of(judged)
    assert refused["reason"] == reason and words in refused["detail"] and refused["raw"] == text.encode()
    assert (refused["record"], refused["line"]) == (2, 3)


def test_a_row_in_another_encoding(tmp_path):
    judged = judge_bytes(tmp_path, f"{HEADER}\n1,1,".encode() + b"caf\xe9,2,2011-05-29 10:40:00,2.55,,UK\n\n", SHOP)
    assert [row["reason"] for row in refused_of(judged)] == ["not_utf8"]
    assert judged[0].blank == 1


def test_a_last_row_that_is_cut(tmp_path):
    assert [row["reason"] for row in refused_of(shop(tmp_path, "400001,1,MUG,2"))] == ["file_truncated"]


def test_a_local_time_that_comes_twice_has_a_note(tmp_path):
    (row,) = events_of(shop(tmp_path, "1,1,M,2,2010-10-31 01:30:00,2.55,,UK"))
    assert row["note"] == "timestamp: local time occurs twice, first one taken"


def test_github_keeps_what_no_expression_takes(tmp_path):
    record = {
        "id": "1", "type": "PushEvent", "actor": {"id": 7, "login": "u-000007"}, "repo": {"id": 8, "name": "a/b"},
        "payload": {"size": 1, "repo_name": "x", "big": 2**70}, "public": True, "created_at": "2015-01-01T00:00:00Z",
    }  # fmt: skip
    (row,) = events_of(judge_bytes(tmp_path, json.dumps(record).encode(), GITHUB))
    assert (row["event_id"], row["event_name"], row["user_id"]) == ("1", "PushEvent", "7")
    assert json.loads(row["properties"]) == {"size": 1, "payload.repo_name": "x", "big": 2**70, "repo_name": "a/b"}
    assert json.loads(row["context"]) == {"actor": record["actor"], "repo": record["repo"], "public": True}


EXPRESSIONS = [
    ("a.b", {"a": {"b": 1}}, 1),
    ("a.b", {"a": [1]}, None),
    ("a", {"a": [1, {}]}, [1, {}]),
    ({"const": {"x": 1}}, {}, {"x": 1}),
    ("{a}-{b.c}", {"a": 1, "b": {"c": "x"}}, "1-x"),
    ("{a}-{b}", {"a": 1}, None),
    ({"path": "a", "clean": ["trim", "null_if_empty"]}, {"a": " "}, None),
    ({"path": "a", "clean": ["trim", "cents"]}, {"a": " 2.55 "}, 255),
    ({"template": "{a}!", "clean": ["upper"]}, {"a": "x"}, "X!"),
    ({"when": [{"path": "a", "equals": 5, "then": "five"}], "otherwise": "other"}, {"a": "5"}, "five"),
    ({"when": [{"path": "a", "in": ["x", "y"], "then": 1}], "otherwise": 2}, {"a": "y"}, 1),
    ({"when": [{"path": "a", "ends_with": "x", "then": 1}]}, {"a": "y"}, None),
    ({"when": [{"path": "a", "greater_than": 1.5, "then": 1}]}, {"a": "1.6"}, 1),
    ({"when": [{"path": "a", "less_than": 0, "then": 1}]}, {"a": "many"}, None),
    ({"when": [{"path": "a", "is_empty": True, "then": 1}]}, {}, 1),
    ({"when": [{"path": "a", "is_empty": False, "then": 1}]}, {"a": 0}, 1),
]


@pytest.mark.parametrize(("expression", "record", "value"), EXPRESSIONS)
def test_expressions(tmp_path, expression, record, value):
    (row,) = events_of(judge_json(tmp_path, record, properties={"value": expression}))
    assert json.loads(row["properties"]) == {"value": value}


@pytest.mark.parametrize(
    "wrong", [7, None, "{a", "a{}", "", {"path": ""}, {"path": "a", "const": 1}, {"when": {}}, {"clean": []}]
)
def test_what_is_no_expression(wrong):
    with pytest.raises(ValueError):
        parse_expression(wrong)


def test_all_fields_of_the_envelope_can_be_mapped(tmp_path):
    record = {
        "key": 5, "sent": "2026-03-01T12:00:01Z", "got": "2026-03-01T12:00:03Z", "who": "u-000001", "device": "a-1",
        "order": 9, "p": {"x": 1}, "kind": "k", "rest": [1],
    }  # fmt: skip
    fields = {
        "event_id": "key", "sent_at": "sent", "received_at": "got", "properties": "p", "context": {"app": {"const": "shop"}},
        "ids": {"user": "who", "anonymous": "device", "order": "order"},
    }  # fmt: skip
    judged = judge_json(tmp_path, record, **fields)
    (row,) = events_of(judged)
    assert (row["event_id"], row["user_id"], row["anonymous_id"]) == ("5", "u-000001", "a-1")
    assert row["other_ids"] == [{"kind": "order", "value": "9"}]
    assert json.loads(row["context"]) == {"app": "shop", "rest": [1]} and row["properties"] == '{"x":1}'
    assert micros_of(judged[0].events["occurred_at"]) == [BATCH_AT - 3_600_000_000 + 2_000_000]


BAD_OBJECTS = {
    b"[1]": "not_object",
    b'{"kind":"k","kind":"l","at":"2026-03-01T12:00:00Z"}': "duplicate_key",
    b'{"kind":"k","kin\\u0064":"l","at":"2026-03-01T12:00:00Z"}': "duplicate_key",
    b'{"kind":"k","at":"2026-03-01T12:00:00Z","p":1e400}': "number_out_of_range",
    b'{"kind":"k","at":"2026-03-01T12:00:00Z","p":"\xff"}': "not_utf8",
    b'{"kind":"k","at":"2026-03-01T12:00:00Z","p":"x"}': "bad_type",
    b'{"kind":"k","at":"2026-03-01T12:00:00Z","p":' + b"[" * 40 + b"]" * 40 + b"}": "too_deep",
}


@pytest.mark.parametrize("raw", BAD_OBJECTS)
def test_bad_objects_of_a_mapped_source(tmp_path, raw):
    source = source_of({"event_name": "kind", "timestamp": "at", "properties": "p"})
    (refused,) = refused_of(judge_bytes(tmp_path, raw + b"\n", source))
    assert refused["reason"] == BAD_OBJECTS[raw], refused["detail"]


def test_an_unforeseen_error_costs_its_record_alone(tmp_path):
    """Bytes are no JSON value: a const that YAML can say and nobody thought of."""
    value = {"when": [{"path": "kind", "equals": "odd", "then": b"x"}], "otherwise": 1}
    source = source_of({"event_name": "kind", "timestamp": "at", "properties": {"value": value}})
    lines = [json.dumps({"kind": kind, "at": "2026-03-01T12:00:00Z"}).encode() for kind in ("a", "odd", "b")]
    judged = judge_bytes(tmp_path, b"\n".join(lines), source)
    assert [row["event_name"] for row in events_of(judged)] == ["a", "b"]
    assert [(row["reason"], row["record"]) for row in refused_of(judged)] == [("internal_error", 2)]


@needs_data
def test_github_as_it_is():
    judged = [each for path in sorted((DATA / "github").glob("*.gz")) for each in judge_file(path, GITHUB)]
    assert sum(each.records for each in judged) == sum(each.events.num_rows for each in judged) == 7_702
    assert sum(each.events["user_id"].null_count + each.events["note"].drop_null().length() for each in judged) == 0


@needs_data
def test_the_shop_as_it_is():
    judged = [each for path in sorted((DATA / "retail").glob("*.gz")) for each in judge_file(path, SHOP)]
    names = [name for each in judged for name in each.events["event_name"].to_pylist()]
    assert sum(each.records for each in judged) == len(names) == 207_748
    assert (names.count("item_cancelled"), names.count("stock_adjusted")) == (3_769, 651)
    assert sum(each.events["user_id"].null_count for each in judged) == 59_618
    assert sum(len(each.missing) for each in judged) == 207_748
