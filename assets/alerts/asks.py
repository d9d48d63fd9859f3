"""What monitors ask of named tables: actions as they happen, and the last steps of a person."""

import json
from typing import Any

from pipelines.config.monitors import What
from pipelines.moments import micros
from pipelines.monitors.asking import Reader
from pipelines.monitors.conditions import Row
from pipelines.monitors.readings import AskError
from pipelines.warehouse import Warehouse
from pipelines.words import duration, minute

ACTIONS = "journeys.actions"
SECOND = 1_000_000

# an action is new with the later of its events: an end can come before its start, or the person of either be known later
NEW = """
with found as (
    select *, greatest(event_number, coalesce(end_event_number, 0)) as newest_number,
        coalesce(end_event_id, event_id) as told_event_id, coalesce(ended_at, occurred_at) as told_at
    from journeys.actions
    where action = $action
)
select person_id, source, action, outcome, error, key, properties, source || '/' || told_event_id as event, told_at
from found
where newest_number between $first and $last and {chosen}
order by told_at, event"""

LAST_STEPS = """
select occurred_at, what, outcome, error, duration_us from journeys.timeline
where person_id = $person and occurred_at <= $as_of
order by occurred_at desc, kind, place desc limit 10"""


def position(warehouse: Warehouse) -> int:
    """Up to which batch actions are known: the table may wait for a batch, or be broken."""
    state = warehouse.state.table(ACTIONS)
    return min(state.position, warehouse.position) if state else 0


def actions(reader: Reader, what: What, after: int, upto: int) -> list[Row]:
    """Rows as templates see them: columns and properties, with `event` and `at` (µs UTC). Errors: AskError, NotYet."""
    if upto <= after:
        return []
    chosen = [f"outcome = '{what.outcome}'"] if what.outcome else []
    chosen += [f"{_property(name)} in ({', '.join(map(_text, values))})" for name, values in what.where.items()]
    numbers = {"first": (after + 1) << 32, "last": ((upto + 1) << 32) - 1}
    query = NEW.format(chosen=" and ".join(chosen) or "true")
    return [_row(found) for found in reader.ask(query, 0, what.timeout, action=what.action, **numbers)]


def _row(found: Row) -> Row:
    kept, at = json.loads(found.pop("properties") or "{}"), micros(found.pop("told_at"))
    return kept | found | {"at": at}


def _property(name: str) -> str:
    path = f'$."{name}"'
    return f"json_extract_string(properties, {_text(path)})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def steps(reader: Reader, zone: str, person: str, until: int) -> list[str]:
    """The person's last steps until a moment (µs UTC), the latest first, a line each; none where they cannot be asked."""
    try:
        found = reader.ask(LAST_STEPS, until, 10 * SECOND, person=person)
    except AskError:
        return []
    return [_step(row, zone) for row in found]


def _step(row: dict[str, Any], zone: str) -> str:
    took = duration(row["duration_us"] / SECOND) if row["duration_us"] else ""
    words = (minute(row["occurred_at"], zone), row["what"], row["outcome"], row["error"], took)
    return " ".join(word for word in words if word)
