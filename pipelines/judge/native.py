"""Native records, one at a time, every case: the slow and exact twin of pipelines.judge.fast."""

import msgspec

from pipelines.config.sources import Source
from pipelines.envelope import RecordRefused, json_text, payload_hash
from pipelines.judge.envelope_rules import EnvelopeRules
from pipelines.judge.event import Event, Said
from pipelines.judge.json_text import Twice, parse

ENVELOPE_KEYS = Said.__slots__  # type: ignore[attr-defined]

_RAW_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NativeRecords:
    """The judge of single native records of one source."""

    def __init__(self, source: Source) -> None:
        self._rules = EnvelopeRules(source)
        self._max_depth = source.limits.max_depth

    def judge(self, raw: bytes, received_at: int) -> Event:
        """Errors: RecordRefused with the reason."""
        record = self._read(raw)
        said = Said(**{key: record.get(key) for key in ENVELOPE_KEYS})
        event = self._rules.judge(said, received_at)
        texts = {key: bytes(part).decode() for key, part in _RAW_PARTS.decode(raw).items()}
        extras = {key: record[key] for key in record if key not in ENVELOPE_KEYS}
        named = free_names(said.context or {}, extras)
        event.properties = "{}" if said.properties is None else texts["properties"]
        event.context = None if said.context is None else texts["context"]
        event.payload_hash = payload_hash(
            event.event_name,
            said.timestamp,
            said.ids,
            said.properties,
            {**(said.context or {}), **{named[key]: extras[key] for key in extras}},
        )
        event.context = with_members(event.context, {named[key]: texts[key] for key in extras})
        keep_unknown_ids(event, said.context)
        return event

    def _read(self, raw: bytes) -> dict:
        record = parse(raw, self._max_depth)
        if not isinstance(record, dict):
            raise RecordRefused("not_object", f"the line is no JSON object but {raw[:40]!r}")
        ids = record.get("ids")
        for part in (record, ids):
            if isinstance(part, Twice):
                where = "" if part is record else "ids."
                raise RecordRefused("duplicate_key", f"'{where}{part.key:.60}' is given twice")
        return record


def free_names(context: dict, extras: dict) -> dict[str, str]:
    """Names under which extras can be kept in context without hiding what is there."""
    names = {}
    for key in extras:
        name = key
        while name in context:
            name = f"top_level_{name}"
        names[key] = name
    return names


def keep_unknown_ids(event: Event, context: dict | None) -> None:
    """Ids of kinds that the source does not declare stay readable in context."""
    if event.unknown_ids:
        (name,) = free_names(context or {}, {"ids": None}).values()
        event.context = with_members(event.context, {name: json_text(event.unknown_ids)})


def with_members(text: str | None, members: dict[str, str]) -> str | None:
    """The text of a JSON object with more members (name: JSON text) at its end; what is there stays as it was sent."""
    if not members:
        return text
    inner = (text or "{}").strip()[1:-1].strip()
    added = [f"{json_text(name)}:{value}" for name, value in members.items()]
    return "{" + ",".join([inner, *added] if inner else added) + "}"
