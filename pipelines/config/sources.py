"""config/sources.yaml: where events come from, how they are read, and what each source's words mean.

The typed form of that file, and errors that name the line. Applying it to records belongs to pipelines.judge.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pipelines.config.entries import NAME, Part
from pipelines.config.expressions import EVERYTHING, Expression, parse_expression
from pipelines.config.refusals import refusal
from pipelines.config.yaml_lines import ConfigError, YamlFile, nearest

__all__ = ["ConfigError", "Fields", "Limits", "Source", "Time", "load_sources"]

ID_KINDS = ("user", "anonymous", "other_user")
EPOCHS = {"epoch_seconds": 1_000_000, "epoch_millis": 1_000, "epoch_micros": 1}
MOST_KINDS = 40  # the fast judge has a bit for each
ALL_SOURCES = "all"  # how the published tables call every source together

One = Annotated[Expression, BeforeValidator(parse_expression)]


def _object(value: Any) -> Any:
    """A path to an object, or a mapping name -> expression in which '*' spreads the object at a path."""
    if isinstance(value, str):
        value = {EVERYTHING: value}
    if not isinstance(value, dict):
        raise ValueError("write a path to an object, or a mapping of name: expression")
    return {str(name): parse_expression(each) for name, each in value.items()}


Object = Annotated[dict[str, Expression], BeforeValidator(_object)]


class Limits(Part):
    """What a record and a file may be, before they are refused."""

    max_event_bytes: int = Field(default=1 << 20, ge=1)
    max_depth: int = Field(default=40, ge=1, le=500)
    max_name_chars: int = Field(default=200, ge=1)
    max_id_chars: int = Field(default=256, ge=1)
    max_file_bytes: int = Field(default=8 << 30, ge=1, description="of a compressed file, decompressed")
    max_ratio: int = Field(default=200, ge=2, description="decompressed to compressed bytes, past the first 16 MiB")
    max_rows: int = Field(default=100_000_000, ge=1, description="of a Parquet file, as are the next two")
    max_row_groups: int = Field(default=100_000, ge=1)
    max_columns: int = Field(default=2_000, ge=1, description="those inside structs count one by one")


class Time(Part):
    """How the source writes times. `zone`: of times that carry no offset; without it those are refused."""

    format: str = "rfc3339"
    zone: str | None = None

    @field_validator("format")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name != "rfc3339" and name not in EPOCHS and "%" not in name:
            known = ("rfc3339", *EPOCHS)
            raise ValueError(
                f"unknown time format '{name}'; {nearest(name, known)}, or a pattern such as %d.%m.%Y %H:%M"
            )
        return name

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(f"'{name}' is no IANA time zone such as Europe/London")
        return name

    @model_validator(mode="after")
    def _is_an_instant(self) -> "Time":
        if self.format in EPOCHS and self.zone:
            raise ValueError("an epoch is an instant: remove zone")
        if "%" in self.format and "%z" not in self.format and not self.zone:
            raise ValueError(f"'{self.format}' carries no offset (%z): declare the zone of these times")
        return self


class Fields(Part):
    """Where each field of the envelope comes from, for a source that does not send the native one."""

    event_name: One
    timestamp: One
    event_id: One | None = None
    sent_at: One | None = None
    received_at: One | None = None
    ids: Annotated[dict[str, Expression], BeforeValidator(_object)] = Field(default={})
    properties: Object = Field(default={})
    context: Object = Field(default={})

    def expressions(self) -> list[Expression]:
        singles = (self.event_name, self.timestamp, self.event_id, self.sent_at, self.received_at)
        groups = (self.ids, self.properties, self.context)
        return [each for each in singles if each] + [each for group in groups for each in group.values()]


class Source(Part):
    """One source of events. Units stand in the names; `earliest` is an instant, UTC."""

    name: str = Field(pattern=NAME, exclude=True)  # the entry's key, not a key of the entry
    namespace: str = Field(pattern=NAME)
    folder: Path
    format: Literal["ndjson", "json", "csv", "parquet"] = "ndjson"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    id_kinds: tuple[Annotated[str, Field(pattern=NAME)], ...] = Field(default=(), max_length=MOST_KINDS)
    fields: Fields | None = None
    time: Time = Time()
    earliest: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    limits: Limits = Limits()
    settle_seconds: float = Field(default=2, ge=0)
    sessions: bool = True
    session_gap_minutes: float = Field(default=30, gt=0)
    session_cap_hours: float = Field(default=24, gt=0)
    retired: bool = False  # its events stay, with namespace and id kinds; its folder is read no more
    description: str = ""

    def expressions(self) -> list[Expression]:
        """All of `fields`; none of a native source."""
        return self.fields.expressions() if self.fields else []

    @field_validator("earliest", mode="before")
    @classmethod
    def _in_utc(cls, value: Any) -> datetime:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @model_validator(mode="after")
    def _fits_together(self) -> "Source":
        if self.format in ("csv", "parquet") and self.fields is None:
            raise ValueError(f"a {self.format} source needs fields: which column is what")
        if own := sorted(set(self.id_kinds) & set(ID_KINDS)):
            raise ValueError(f"id_kinds: {', '.join(own)} always exists, do not declare it")
        declared = {*ID_KINDS, *self.id_kinds}
        for kind in self.fields.ids if self.fields else ():
            if kind not in declared:
                raise ValueError(f"fields.ids: kind '{kind}' is not declared under id_kinds; {nearest(kind, declared)}")
        return self


def load_sources(path: Path) -> dict[str, Source]:
    """Reads sources.yaml: name -> Source, in the order of the file.

    Errors: ConfigError `<file>:<line>: <what>`, with the nearest right name where one was misspelt.
    """
    file = YamlFile(path)
    entries = file.entries("sources")
    sources = {name: _source(file, name, entry) for name, entry in entries.items()}
    _refuse_nested_folders(file, sources)
    return sources


def _source(file: YamlFile, name: Any, entry: Any) -> Source:
    here = ("sources", name)
    if not isinstance(entry, dict):
        raise file.error(here, f"source '{name}': write its keys below it; at least namespace and folder")
    if name == ALL_SOURCES:
        raise file.error(here, f"source '{name}': the tables call all sources together so; give it another name")
    if "name" in entry:
        raise file.error((*here, "name"), "a source is called by its key; remove name")
    try:
        return Source.model_validate({**entry, "name": str(name)})
    except ValidationError as error:
        raise refusal(file, here, f"source '{name}'", error, Source) from error


def _refuse_nested_folders(file: YamlFile, sources: dict[str, Source]) -> None:
    read = [source for source in sources.values() if not source.retired]
    for one in read:
        for other in read:
            if one is not other and one.folder.is_relative_to(other.folder):
                what = f"source '{one.name}': its folder {one.folder} lies in that of '{other.name}'; a file has one source"
                raise file.error(("sources", one.name, "folder"), what)
