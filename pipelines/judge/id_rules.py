"""Which values are ids: of persons, and of the kinds that a source declares. Placeholders are none."""

from typing import Any

from pipelines.config.sources import ID_KINDS, Source
from pipelines.envelope import RecordRefused
from pipelines.judge.event import Event

PLACEHOLDERS = frozenset(
    [
        "null",
        "undefined",
        "anonymous",
        "guest",
        "id",
        "email",
        "true",
        "false",
        "0",
        "nan",
        "none",
        "[object object]",
        "",
    ]
)
PADDING = " \t\r\n\f\v\u00a0\"'`"


class IdRules:
    """The rules of one source."""

    def __init__(self, source: Source) -> None:
        self._others, self._most = frozenset(source.id_kinds), source.limits.max_id_chars

    def apply(self, event: Event, ids: Any) -> None:
        """Sets the event's ids and the notes about them. Errors: RecordRefused bad_type, size_violation, number_out_of_range."""
        if ids is None:
            return
        if not isinstance(ids, dict):
            raise RecordRefused("bad_type", f"ids is {kind_of(ids)}, not an object")
        others: dict[str, str] = {}
        for kind, value in ids.items():
            if value is not None:
                self._apply_one(event, others, kind, value)
        event.other_ids = [{"kind": kind, "value": others[kind]} for kind in sorted(others)] or None
        if event.unknown_ids:
            kinds = ", ".join(sorted(event.unknown_ids))
            event.notes.append(f"ids: kind not declared, kept in context: {kinds:.100}")

    def _apply_one(self, event: Event, others: dict[str, str], kind: str, value: Any) -> None:
        if kind in ID_KINDS:
            setattr(event, f"{kind}_id", self._text(kind, value, event.notes))
        elif kind not in self._others:
            event.unknown_ids[kind] = value
        elif (text := self._text(kind, value, event.notes)) is not None:
            others[kind] = text

    def _text(self, kind: str, value: Any, notes: list[str]) -> str | None:
        """None, and a note, for a placeholder."""
        if isinstance(value, float | list | dict):
            raise RecordRefused("bad_type", f"ids.{kind} is {kind_of(value)}, neither text nor an integer")
        text = str(value) if isinstance(value, str | bool) else integer_text(f"ids.{kind}", value)
        if bare(text) in PLACEHOLDERS:
            notes.append(f"ids.{kind}: placeholder {text[:40]!r} is no id")
            return None
        if len(text) > self._most:
            raise RecordRefused("size_violation", f"ids.{kind} has {len(text)} characters, at most {self._most}")
        if has_controls(text):
            raise RecordRefused("bad_type", f"ids.{kind} holds control characters")
        return text


def has_controls(text: str) -> bool:
    """U+0000 to U+001F and U+007F: stores and terminals choke on them, and no name needs them."""
    return not text.isprintable() and any(character < " " or character == "\x7f" for character in text)


def bare(text: str) -> str:
    """Without blanks and quotes around it, in lower case."""
    return text.strip(PADDING).lower()


def integer_text(name: str, value: int) -> str:
    if not -(2**63) <= value < 2**63:
        raise RecordRefused("number_out_of_range", f"{name} is an integer beyond 64 bits; send it as text")
    return str(value)


def kind_of(value: Any) -> str:
    """A JSON word for a value."""
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "text",
        list: "an array",
        type(None): "null",
    }
    return names.get(type(value), "an object")
