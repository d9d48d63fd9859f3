"""A small strict judge of records: the reason a line must be refused for, or None. Slow and plain on purpose."""

import json
from datetime import timedelta
from typing import Any, NoReturn

from tests.simulator.world import corrected, moment

DAY = timedelta(days=1)


class _Twice(Exception):
    """A key stands twice."""


def judge(line: bytes) -> str | None:
    try:
        record = json.loads(line.decode(), parse_constant=_refuse, object_pairs_hook=_once)
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return "not_utf8"
    except _Twice:
        return "duplicate_key"
    except ValueError:
        return "not_json"
    return _judge_value(record)


def _judge_value(record: Any) -> str | None:
    if not isinstance(record, dict):
        return "not_object"
    if _depth(record) > 40:
        return "too_deep"
    if not {"event_name", "timestamp", "event_id"} <= record.keys():
        return "missing_field"
    return _judge_fields(record) or _judge_time(record)


def _judge_fields(record: dict[str, Any]) -> str | None:
    wanted = {"event_name": str, "timestamp": str, "ids": dict, "properties": dict}
    if any(not isinstance(record.get(name, kind()), kind) for name, kind in wanted.items()):
        return "bad_type"
    return "size_violation" if len(record["event_name"]) > 1000 else None


def _judge_time(record: dict[str, Any]) -> str | None:
    try:
        at = corrected(record)
    except ValueError:
        return "bad_timestamp"
    if at.year < 2000:
        return "bad_timestamp"
    return "timestamp_future" if at > moment(record["received_at"]) + DAY else None


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, dict | list) else 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise _Twice
    return dict(pairs)


def _refuse(token: str) -> NoReturn:
    raise ValueError(token)
