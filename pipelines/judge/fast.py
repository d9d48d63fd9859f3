"""The fast path for native records: it accepts lines about which nothing can be said, and leaves all others to native.py.

Its law: a line that it accepts is accepted by the slow path with the same row (tests/pipelines/judge/test_fast.py).
Source: measured on 600-byte events. msgspec reads the envelope and keeps the exact text of properties and context; it then
reads these two (bad UTF-8 and 1e400 pass unseen in a raw part), integers of any size exactly; orjson writes the canonical
form that is hashed, and refuses integers beyond 64 bits, which are left to the slow path.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from pipelines.config.sources import Source
from pipelines.judge.byte_columns import nested_lines
from pipelines.judge.json_text import depth_of

ABSENT = msgspec.Raw(b"")


class Line(msgspec.Struct, omit_defaults=True, gc=False):
    """A native record whose fields have the usual types; anything else does not decode."""

    event_name: str
    timestamp: str
    event_id: str | None = None
    sent_at: str | None = None
    received_at: str | None = None
    ids: dict[str, str | int] | None = None
    properties: msgspec.Raw = ABSENT
    context: msgspec.Raw = ABSENT


@dataclass(slots=True)
class Lines:
    """Lines that look clean, column by column: `rows` are their indexes in the block. `rest`: indexes of all others."""

    rows: list[int] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    properties: list[bytes] = field(default_factory=list)
    context: list[bytes | None] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    rest: list[int] = field(default_factory=list)


class FastLines:
    """Reads the lines of one source's blocks."""

    def __init__(self, source: Source) -> None:
        self._limits = source.limits
        self._decode = msgspec.json.Decoder(Line).decode
        self._read_object = msgspec.json.Decoder(dict[str, Any]).decode
        self._encode_into = msgspec.json.Encoder().encode_into

    def read(self, body: bytes, raws: list[bytes]) -> Lines:
        """`raws`: the lines of `body`, without line ends. One loop, no calls that could be spared: it runs for every event."""
        found, buffer = Lines(), bytearray(1024)
        decode, encode_into, read_object = self._decode, self._encode_into, self._read_object
        blake2b, dumps, sort_keys = hashlib.blake2b, orjson.dumps, orjson.OPT_SORT_KEYS
        most, nested = self._limits.max_event_bytes, nested_lines(body, self._limits.max_depth)
        for index, raw in enumerate(raws):
            try:
                line = decode(raw)
                encode_into(line, buffer)
                properties, context = bytes(line.properties) or b"{}", bytes(line.context)
                said = read_object(properties), read_object(context or b"{}")
                payload = dumps((line.event_name, line.timestamp, line.ids or {}, *said), option=sort_keys)
            except Exception:  # whatever it is: the slow path finds the reason
                found.rest.append(index)
                continue
            is_all = len(buffer) == len(raw) or _is_all(line, raw)
            if not is_all or len(raw) > most or (index in nested and self._is_too_deep(said)):
                found.rest.append(index)
            else:
                found.rows.append(index)
                found.lines.append(line)
                found.properties.append(properties)
                found.context.append(context or None)
                found.payloads.append(blake2b(payload, digest_size=8).digest())
        return found

    def _is_too_deep(self, said: tuple[dict, dict]) -> bool:
        return 1 + max(map(depth_of, said)) > self._limits.max_depth


def _is_all(line: Line, raw: bytes) -> bool:
    """Is there nothing in `raw` but what was decoded: no key twice, no other key, no null?

    Encoding never makes these fields longer, so equal lengths prove it. Else every key has two quotes, and quotes that
    belong to no decoded part are too many.
    """
    fields = (line.event_name, line.timestamp, line.event_id, line.sent_at, line.received_at)
    quotes = 4 * sum(each is not None for each in fields)
    for part in (bytes(line.properties), bytes(line.context)):
        quotes += part.count(b'"') + 2 * bool(part)
    if line.ids is not None:
        quotes += 2 + 2 * len(line.ids) + 2 * sum(type(each) is str for each in line.ids.values())
    return quotes == raw.count(b'"')
