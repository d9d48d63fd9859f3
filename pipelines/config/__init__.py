"""Business definitions: config/*.yaml, typed, and as tables `config.<file>` that queries read.

Only columns that change a result belong in a table: a difference in one rebuilds what reads it.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.config.actions import Action, actions_table, load_actions, refuse_unknown_funnels
from pipelines.config.correctors import Corrector, load_correctors
from pipelines.config.exclude import Exclude, load_exclude
from pipelines.config.funnels import Funnel, funnels_table, load_funnels
from pipelines.config.monitors import Monitor, load_monitors
from pipelines.config.publish import Publish, load_publish
from pipelines.config.refusals import refusal
from pipelines.config.reports import Report, load_reports
from pipelines.config.retention import (
    Retention,
    Stickiness,
    load_retention,
    load_stickiness,
    retention_table,
    stickiness_table,
)
from pipelines.config.sources import Source, load_sources
from pipelines.config.stages import Stages, load_stages
from pipelines.config.yaml_lines import YamlFile


class Definition(BaseModel):
    """One YAML file. An unknown key is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1)


T = TypeVar("T", bound=Definition)


class House(Definition):
    report_timezone: str
    owner: str
    first_received_date: date = Field(description="received days before it are no partitions in Dagster")

    @field_validator("report_timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"'{name}' is no IANA time zone such as Europe/Berlin")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.report_timezone)


class Identity(Definition):
    merge_events: list[str]
    unmerge_events: list[str]
    trait_events: list[str]
    shared_device_limit: int = Field(ge=1)


class Dictionary(Definition):
    """`private_names`: words in lower case; a property with one of them in its path shows no example."""

    version: int = 1
    private_names: list[str] = []

    @field_validator("private_names")
    @classmethod
    def _are_in_lower_case(cls, names: list[str]) -> list[str]:
        wrong = [name for name in names if not name or name != name.lower()]
        if wrong:
            raise ValueError(f"'{wrong[0]}' is no word in lower case")
        return names


PRIVATE_NAMES = pa.schema([("private_names", pa.list_(pa.string()))])


@dataclass(frozen=True, slots=True)
class Config:
    house: House
    identity: Identity
    sources: dict[str, Source]
    exclude: Exclude = field(default_factory=Exclude)
    dictionary: Dictionary = field(default_factory=Dictionary)
    actions: dict[str, Action] = field(default_factory=dict)
    funnels: dict[str, Funnel] = field(default_factory=dict)
    stages: Stages = field(default_factory=Stages)
    retention: dict[str, Retention] = field(default_factory=dict)
    stickiness: dict[str, Stickiness] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    correctors: dict[str, Corrector] = field(default_factory=dict)
    monitors: dict[str, Monitor] = field(default_factory=dict)
    publish: Publish = field(default_factory=Publish)

    @property
    def read_sources(self) -> dict[str, Source]:
        """Those whose folders are read: all but the retired ones."""
        return {name: source for name, source in self.sources.items() if not source.retired}

    def tables(self) -> dict[str, pa.Table]:
        """`config.<file>` -> its rows as queries see them. Durations are microseconds."""
        return {
            "config.house": pa.Table.from_pylist([{"report_timezone": self.house.report_timezone}]),
            "config.identity": pa.Table.from_pylist([self.identity.model_dump(exclude={"version"})]),
            "config.dictionary": pa.Table.from_pylist(
                [{"private_names": self.dictionary.private_names}], schema=PRIVATE_NAMES
            ),
            "config.exclude": self.exclude.table(),
            "config.actions": actions_table(self.actions),
            "config.funnels": funnels_table(self.funnels),
            "config.stages": self.stages.table(),
            "config.retention": retention_table(self.retention),
            "config.stickiness": stickiness_table(self.stickiness),
            "config.sources": pa.Table.from_pylist([_source_row(each) for each in self.sources.values()]),
        }


def _source_row(source: Source) -> dict:
    return {
        "source": source.name,
        "namespace": source.namespace,
        "has_sessions": source.sessions,
        "session_gap_us": round(source.session_gap_minutes * 60_000_000),
        "session_cap_us": round(source.session_cap_hours * 3_600_000_000),
    }


def load_config(folder: Path) -> Config:
    """Errors: ConfigError with file and what is wrong there."""
    house = _load(folder / "house.yaml", House)
    identity = _load(folder / "identity.yaml", Identity)
    sources = load_sources(folder / "sources.yaml")
    exclude = load_exclude(folder / "exclude.yaml", sources)
    dictionary = _load(folder / "dictionary.yaml", Dictionary)
    actions = load_actions(folder / "actions.yaml", sources)
    funnels = load_funnels(folder / "funnels.yaml", actions)
    refuse_unknown_funnels(folder / "actions.yaml", actions, funnels)
    stages = load_stages(folder / "stages.yaml", actions)
    retention = load_retention(folder / "retention.yaml", actions)
    stickiness = load_stickiness(folder / "stickiness.yaml", actions)
    reports = load_reports(folder / "reports.yaml", sources)
    correctors = load_correctors(folder / "correctors.yaml")
    monitors = load_monitors(folder / "monitors.yaml", sources, actions, correctors)
    told = (reports, correctors, monitors, load_publish(folder / "publish.yaml"))
    return Config(house, identity, sources, exclude, dictionary, actions, funnels, stages, retention, stickiness, *told)


def _load(path: Path, kind: type[T]) -> T:
    file = YamlFile(path)
    try:
        return kind.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, (), path.name, error, kind) from error
