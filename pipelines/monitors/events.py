"""Actions as they happen: each told once, or counted by labels as long as they come; and the one notice of a gap. Pure."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pipelines.config.monitors import What
from pipelines.ledger.alerts import Look, Measure
from pipelines.moments import utc
from pipelines.monitors.conditions import Row
from pipelines.monitors.readings import HISTORY, Labels, Reading, labels_of


def events(what: What, young: Sequence[Row], old: int) -> list[Reading]:
    """One for each; of more than `most` at once, and of those too old to be news, one that tells of all."""
    if len(young) > what.most:
        return [_together(young, old)]
    each = [Reading(key_of(row["event"]), "bad", 1.0, row=row) for row in young]
    return [*each, _together([], old)] if old else each


def key_of(event: str) -> Labels:
    """The instance that an event is, for good."""
    return json.dumps({"event": event}, ensure_ascii=False)


def _together(rows: Sequence[Row], old: int) -> Reading:
    said = {"together": len(rows), "old": old, "rows": [dict(row) for row in rows]}
    return Reading(key_of(f"together {rows[0]['event'] if rows else 'old'}"), "bad", float(len(rows) + old), row=said)


def counted(
    what: What, rows: Sequence[Row], known: Mapping[Labels, Measure | None], told: Collection[Labels]
) -> list[Reading]:
    """What came is bad, and its number is that of the whole incident; where nothing came, that is good."""
    came = Counter(labels_of(what.labels, row) for row in rows)
    last = {labels_of(what.labels, row): row for row in rows}
    return [_counted(each, came[each], last.get(each), known.get(each), each in told) for each in {**known, **came}]


def _counted(labels: Labels, came: int, row: Row | None, before: Measure | None, is_told: bool) -> Reading:
    so_far = before.value or 0 if before and is_told else 0
    history = (*(json.loads(before.history) if before and is_told else ()), came)[-HISTORY:]
    shown = row if row is not None else json.loads(before.row) if before else {}
    return Reading(labels, "bad" if came else "good", so_far + came, 0.0, history, shown)


def gap_event(gap: int, look: Look | None, as_of: int) -> list[Reading]:
    """Whether nobody looked for so long; a clock that was set back is a gap too."""
    if look is None or 0 <= as_of - look.looked_at < gap:
        return []
    since, until = utc(look.looked_at), utc(as_of)
    went_back = as_of < look.looked_at
    row = {"looked_at": since, "as_of": until, "went_back": went_back}
    seconds = (as_of - look.looked_at) / 1_000_000
    return [Reading(key_of(f"gap {since.isoformat()}"), "bad", seconds, gap / 1_000_000, row=row)]
