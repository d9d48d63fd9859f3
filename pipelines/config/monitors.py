"""config/monitors.yaml: what somebody must know now, and who. The typed form of that file; its head explains the words.

Measuring, deciding and sending belong to pipelines.monitors.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from pipelines.config.actions import Action
from pipelines.config.channels import Channel
from pipelines.config.clocks import Clock, Zone
from pipelines.config.conditions import Condition
from pipelines.config.durations import Duration, parse_duration
from pipelines.config.entries import NAME, Part, is_name
from pipelines.config.funnels import Values
from pipelines.config.refusals import refusal
from pipelines.config.sources import Source
from pipelines.config.yaml_lines import YamlFile, nearest

OWNER = re.compile(r"team:\S+|[^@\s]+@[^@\s]+\.[^@\s]+")
DAY = 86_400_000_000
MINUTE = 60_000_000
COLUMNS = ("person_id", "source", "outcome", "error", "key")  # of an action, beside its properties


def _every(value: Any) -> int:
    """µs between two looks; 0: at the end of the tick that ingested, and every minute."""
    return 0 if value == "batch" else max(parse_duration(value), MINUTE)


class What(Part):
    """What is looked at: an action as it happens, a query with labels and one number `value`, Dagster's own runs, checks or
    freshness, or how long nobody looked.

    labels: columns that tell instances apart; of an action also properties, and without any each one is told by itself.
    database: outside the warehouse, by its name in the environment. max_age: an action older than this is only counted;
    most: of more at once, one message tells.
    """

    action: str | None = None
    outcome: Literal["ok", "failed"] | None = None
    where: dict[str, Values] = Field(default={})
    max_age: Duration = DAY
    most: int = Field(default=20, ge=1)
    query: str | None = None
    database: str | None = Field(default=None, pattern=NAME)
    timeout: Duration = 10_000_000
    labels: tuple[str, ...] = ()
    dagster: Literal["runs", "checks", "freshness"] | None = None
    gap: Duration | None = Field(default=None, description="told when nobody looked for so long")

    @model_validator(mode="after")
    def _is_one_kind(self) -> "What":
        given = [name for name in ("action", "query", "dagster", "gap") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("write one of action, query, dagster, gap")
        own = {"action": {"outcome", "where", "max_age", "most", "labels"}, "query": {"database", "timeout", "labels"}}
        foreign = sorted(self.model_fields_set - {given[0]} - own.get(given[0], set()))
        if foreign:
            raise ValueError(f"'{foreign[0]}' says nothing about {given[0]}; remove it")
        return self

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        """The columns that make the labels of an instance."""
        return ("name",) if self.dagster else self.labels

    @property
    def is_each(self) -> bool:
        """Whether what happens is told one by one, and is over once it is told."""
        return self.gap is not None or (self.action is not None and not self.labels)


class QuietHours(Part):
    """From a time of day to another, over midnight where it is later; what is critical does not wait."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    zone: Zone = None


class Monitor(Part):
    """One monitor. group_by: labels that share one message; None: each instance has its own.

    no_data: no row, or no number in it: what fired is over (normal), stays as it is (keep), or a message tells so (tell).
    error: of a query that cannot be asked. sources: it is muted while one of them is stale; mutes_by: a label of this one,
    whose value is such a source. person: column with the person whose last steps are shown.
    """

    description: str
    owner: str
    severity: Literal["info", "warning", "critical"]
    what: What
    condition: Condition | None = None
    every: Annotated[int | None, BeforeValidator(_every)] = None
    wait: Duration = Field(default=0, alias="for")
    keep_firing_for: Duration = 0
    no_data: Literal["normal", "keep", "tell"] = "normal"
    error: Literal["tell", "keep"] = "tell"
    group_by: tuple[str, ...] | None = None
    repeat: Duration | None = DAY
    quiet_hours: QuietHours | None = None
    channels: tuple[Channel, ...] = Field(min_length=1)
    unit: Literal["count", "ratio", "seconds"] = "count"
    message: str | None = None
    person: str | None = None
    grafana: str | None = Field(default=None, description="name of the dashboard that a link leads to")
    corrector: str | None = Field(default=None, description="name of the corrector that a link leads to")
    links: dict[str, str] = Field(default={})
    sources: tuple[str, ...] = ()
    mutes_by: str | None = None

    @field_validator("owner")
    @classmethod
    def _is_an_owner(cls, owner: str) -> str:
        if not OWNER.fullmatch(owner):
            raise ValueError(f"'{owner}' is no owner; write team:<name> or an e-mail address")
        return owner

    @model_validator(mode="after")
    def _fits_together(self) -> "Monitor":
        if (self.condition is None) != (self.what.query is None):
            raise ValueError("a query needs a condition; nothing else has one: it is told when it comes")
        if (self.what.action or self.what.gap) and self.wait:
            raise ValueError("for: what happens does not last; remove it")
        if self.condition and self.condition.absent and self.no_data != "normal":
            raise ValueError("no_data: the condition says already that no data is what fires; remove it")
        for where, names in (
            ("group_by", self.group_by or ()),
            ("mutes_by", (self.mutes_by,) if self.mutes_by else ()),
        ):
            for name in names:
                if name not in self.what.told_apart_by:
                    raise ValueError(f"{where}: no label '{name}'; {nearest(name, self.what.told_apart_by)}")
        return self

    @property
    def interval(self) -> int:
        """µs between two looks; 0: at the end of the tick that ingested, and every minute."""
        usual = 0 if self.what.action else 15 * MINUTE if self.what.query else MINUTE
        return usual if self.every is None else self.every


def load_monitors(
    path: Path, sources: Mapping[str, Source], actions: Mapping[str, Action], correctors: Collection[str] = ()
) -> dict[str, Monitor]:
    """Reads monitors.yaml: name -> Monitor. A file that is absent names none. Errors: ConfigError with file and line."""
    if not path.exists():
        return {}
    file = YamlFile(path)
    found = {str(name): _monitor(file, name, entry) for name, entry in file.entries("monitors").items()}
    for name, monitor in found.items():
        for where, wrong, known in _unknown(monitor, sources, actions, correctors):
            raise file.error(("monitors", name, *where), f"monitor '{name}': no {wrong}; {known}")
    return found


def _monitor(file: YamlFile, name: Any, entry: Any) -> Monitor:
    from pipelines.monitors.messages import template_mistake  # which reads of monitors what stands here

    here = ("monitors", name)
    if not is_name(name):
        raise file.error(
            here, f"monitor '{name}': a name is lower case letters, digits and _, and begins with a letter"
        )
    if not isinstance(entry, dict):
        raise file.error(here, f"monitor '{name}': write its keys below it: owner, severity, what, condition, channels")
    try:
        monitor = Monitor.model_validate(entry)
    except ValidationError as error:
        raise refusal(file, here, f"monitor '{name}'", error, Monitor) from error
    if monitor.message and (mistake := template_mistake(monitor.message)):
        raise file.error((*here, "message"), f"monitor '{name}': this message is no template: {mistake}")
    return monitor


def _unknown(
    monitor: Monitor, sources: Mapping[str, Source], actions: Mapping[str, Action], correctors: Collection[str]
) -> Iterator[tuple[tuple, str, str]]:
    """(where, what is not known, what is) of every name that leads nowhere."""
    for place, source in enumerate(monitor.sources):
        if source not in sources:
            yield ("sources", place), f"source '{source}'", nearest(source, sources)
    if monitor.corrector is not None and monitor.corrector not in correctors:
        yield ("corrector",), f"corrector '{monitor.corrector}'", nearest(monitor.corrector, correctors)
    wanted = monitor.what.action
    if wanted is not None and wanted not in actions:
        yield ("what", "action"), f"action '{wanted}'", nearest(wanted, actions)
    elif wanted is not None:
        yield from _unknown_properties(monitor.what, actions[wanted])


def _unknown_properties(what: What, action: Action) -> Iterator[tuple[tuple, str, str]]:
    labels = {*COLUMNS, *action.properties}
    for name in what.where:
        if name not in action.properties:
            yield ("what", "where", name), f"property '{name}' of '{what.action}'", nearest(name, action.properties)
    for place, name in enumerate(what.labels):
        if name not in labels:
            yield ("what", "labels", place), f"column or property '{name}' of '{what.action}'", nearest(name, labels)
