"""What a report or a monitor hands over: a thread of messages with files. Nothing here knows a channel, or a report by name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.errors import TrailhouseError


class MessageError(TrailhouseError):
    """A thread that no channel could deliver as it is; says which part and what to do. Nothing of it was planned."""


@dataclass(frozen=True, slots=True)
class File:
    """`name` is unique in its message; `title` is what people read."""

    name: str
    title: str
    content: bytes

    def __post_init__(self) -> None:
        if not self.name or not self.content:
            raise MessageError(f"file '{self.name}': it needs a name and at least one byte")


@dataclass(frozen=True, slots=True)
class Message:
    """One message, raw as it is meant: what a channel must escape or cut it does itself.

    Shape:  key: unique in its thread, and the same when the report is made again · text: all figures, without markup ·
            person: whom it is about, as 'namespace/kind/value' of an id of the event behind it · blocks: see blocks.py
    """

    key: str
    text: str
    person: str | None = None
    blocks: tuple[dict, ...] = ()
    files: tuple[File, ...] = ()

    def __post_init__(self) -> None:
        if not self.key or not self.text.strip():
            raise MessageError(f"message '{self.key}': it needs a key and a text, which says all that the blocks say")
        _refuse_twice(f"message '{self.key}': file name", (each.name for each in self.files))


@dataclass(frozen=True, slots=True)
class Thread:
    """A parent and its replies, which a report makes for a date. `channel`: Slack's id of it, as C0123456789.

    edited: a parent that was sent with other words is edited; else it stays as it was sent.
    """

    report: str
    date: date
    channel: str
    parent: Message
    replies: tuple[Message, ...] = ()
    edited: bool = False

    def __post_init__(self) -> None:
        _refuse_twice(f"thread of '{self.report}': message key", (each.key for each in self.messages))

    @property
    def messages(self) -> tuple[Message, ...]:
        return (self.parent, *self.replies)


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise MessageError(f"{what} '{twice[0]}' is there twice; give each its own, or one would never be sent")
