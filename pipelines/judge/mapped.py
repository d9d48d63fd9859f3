"""Records of sources with `fields`: JSON objects or csv rows, put into the words of the envelope and judged by its rules."""

from typing import Any

import msgspec

from pipelines.config.sources import Source
from pipelines.envelope import RecordRefused, json_text, payload_hash
from pipelines.files.csv_text import read_row
from pipelines.judge.envelope_rules import EnvelopeRules
from pipelines.judge.event import Event
from pipelines.judge.json_text import Twice, decode, depth_of, parse
from pipelines.judge.mapping import Mapping

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class MappedRecords:
    """What JSON and csv have in common once a record is a dict."""

    def __init__(self, source: Source) -> None:
        self._rules, self._mapping = EnvelopeRules(source), Mapping(source)

    def judge_fields(self, record: dict, received_at: int) -> Event:
        said = self._mapping.apply(record)
        event = self._rules.judge(said, received_at)
        event.properties = json_text(said.properties)
        event.context = json_text(said.context) if said.context else None
        event.payload_hash = payload_hash(event.event_name, said.timestamp, said.ids, said.properties, said.context)
        return event


class MappedJson(MappedRecords):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._max_depth = source.limits.max_depth

    def judge(self, raw: bytes, received_at: int) -> Event:
        """Errors: RecordRefused with the reason."""
        record = _quick(raw, self._max_depth)
        if record is None:
            record = parse(raw, self._max_depth)
        if not isinstance(record, dict):
            raise RecordRefused("not_object", f"the line is no JSON object but {raw[:40]!r}")
        if isinstance(record, Twice):
            raise RecordRefused("duplicate_key", f"'{record.key:.60}' is given twice")
        return self.judge_fields(record, received_at)


class MappedCsv(MappedRecords):
    """`header`: of the file at hand."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._delimiter = source.delimiter
        self.header: tuple[str, ...] = ()

    def judge(self, raw: bytes, received_at: int) -> Event:
        """Errors: RecordRefused with the reason."""
        return self.judge_fields(read_row(decode(raw), self.header, self._delimiter), received_at)


def _quick(raw: bytes, max_depth: int) -> dict | None:
    """The object, if it is certain that `parse` would give the same; None if that needs a closer look."""
    try:
        record, parts = _OBJECT.decode(raw), _PARTS.decode(raw)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
    if raw.count(b"{") + raw.count(b"[") > max_depth and depth_of(record) > max_depth:
        return None
    return record if _is_all(parts, raw) else None


def _is_all(parts: dict[str, msgspec.Raw], raw: bytes) -> bool:
    """Is no key given twice? Of a repeated key only the last part was kept, so bytes or quotes are missing then."""
    characters = sum(map(len, parts)) + sum(map(len, parts.values())) + 4 * len(parts) + 1  # "": and , or the braces
    if characters == len(raw):
        return True
    return sum(bytes(part).count(b'"') for part in parts.values()) + 2 * len(parts) == raw.count(b'"')
