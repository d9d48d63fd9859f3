"""config/actions.yaml: which raw events are which business actions. The typed form of that file; its head explains the words.

Applying the rules belongs to assets/journeys/rule_actions.py.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from pipelines.config.durations import Duration
from pipelines.config.entries import Part, as_list, is_name
from pipelines.config.patterns import pattern_mistake
from pipelines.config.refusals import refusal
from pipelines.config.sources import Source
from pipelines.config.yaml_lines import YamlFile, nearest

KINDS = ("event", "span", "from_funnel")
SPAN_PARTS = ("start", "heartbeat", "end", "failure")
OWN_IDS = "ids."  # a path of this beginning is an id that the source declares, not a property
ACTIONS = pa.schema(
    [
        ("action", pa.string()),
        ("version", pa.int64()),
        ("kind", pa.string()),
        ("funnel", pa.string()),
        ("definition", pa.string()),
    ]
)


def texts(value: Any) -> list[str]:
    """What a property is compared with, as JSON writes it: true, 5, text."""
    return [each if isinstance(each, str) else json.dumps(each) for each in as_list(value)]


def _test(value: Any) -> Any:
    """A value or a list of values, or {matches: <RE2>}."""
    return value if isinstance(value, dict) else {"is": value}


def _named_paths(value: Any) -> Any:
    """A list of properties that keep their names, or a mapping name: path."""
    return {str(each): each for each in value} if isinstance(value, list) else value


class Test(Part):
    """Of the property's text: one of `values`, or a match of an RE2 pattern."""

    values: Annotated[tuple[str, ...], BeforeValidator(texts)] = Field(default=(), alias="is")
    matches: str | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "Test":
        if bool(self.values) == bool(self.matches):
            raise ValueError("write a value, a list of values, or {matches: <RE2 pattern>}")
        return self


class Match(Part):
    """One kind of event. `page`: a template of its path, in which :name stands for one segment."""

    name: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(min_length=1)
    source: str | None = None
    where: dict[str, Annotated[Test, BeforeValidator(_test)]] = Field(default={})
    page: str | None = Field(default=None, pattern=r"^/")


class Span(Part):
    """Starts and ends of one thing, told apart by `key`. An end later than `timeout` after the start is not its end.

    heartbeat: what it sends while it runs; a span whose heartbeats cease without an end is stuck.
    """

    start: Match
    end: Match
    heartbeat: Match | None = None
    failure: Match | None = None
    key: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(min_length=1)
    timeout: Duration


class Dedupe(Part):
    """The same action with the same `key`, no later than `within` after the one that is kept, is a repeat of that one."""

    within: Duration
    key: Annotated[tuple[str, ...], BeforeValidator(as_list)] = ()


class Action(Part):
    """One rule: an `event`, a `span`, or the completion of a funnel. `properties`: name -> path, kept with the action."""

    version: int = Field(ge=1)
    description: str = ""
    event: Match | None = None
    span: Span | None = None
    from_funnel: str | None = None
    dedupe: Dedupe | None = None
    properties: Annotated[dict[str, str], BeforeValidator(_named_paths)] = Field(default={})
    error: str | None = None
    definition: str = Field(default="", exclude=True, description="the entry as it is written, JSON; set by the loader")

    @property
    def kind(self) -> Literal["event", "span", "from_funnel"]:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def is_paired(self) -> bool:
        """Its events say something only together: starts with ends, or repeats with the one that is kept."""
        return self.span is not None or self.dedupe is not None

    @property
    def matches(self) -> dict[str, Match]:
        """Where it stands in the file -> what is looked for."""
        if self.event:
            return {"event": self.event}
        parts = {name: getattr(self.span, name) for name in SPAN_PARTS} if self.span else {}
        return {f"span.{name}": match for name, match in parts.items() if match}

    @model_validator(mode="after")
    def _fits_together(self) -> "Action":
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"an action is one of {', '.join(KINDS)}; this has {', '.join(kinds) or 'none of them'}")
        if self.dedupe and not self.event:
            raise ValueError("dedupe belongs to an event; a span counts its repeated starts by itself")
        if self.from_funnel and (self.properties or self.error):
            raise ValueError("the completion of a funnel has no properties and no error of its own")
        return self


def load_actions(path: Path, sources: dict[str, Source]) -> dict[str, Action]:
    """Reads actions.yaml: name -> Action, in the order of the file. A file that is absent names no action.

    Errors: ConfigError `<file>:<line>: <what>`, with the nearest right name where one was misspelt.
    """
    if not path.exists():
        return {}
    file = YamlFile(path)
    actions = {str(name): _action(file, name, entry) for name, entry in file.entries("actions").items()}
    for name, action in actions.items():
        _refuse_unknown(file, name, action, sources)
    return actions


def refuse_unknown_funnels(path: Path, actions: dict[str, Action], funnels: Collection[str]) -> None:
    """Funnels are read after the actions that they are made of. Errors: ConfigError."""
    for name, action in actions.items():
        if action.from_funnel is not None and action.from_funnel not in funnels:
            what = (
                f"action '{name}': no funnel is called '{action.from_funnel}'; {nearest(action.from_funnel, funnels)}"
            )
            raise YamlFile(path).error(("actions", name, "from_funnel"), what)


def action_of(entry: dict[str, Any]) -> Action:
    """An entry as the file has it, with its definition. Errors: ValidationError."""
    written = {key: value for key, value in entry.items() if key != "description"}
    definition = json.dumps(written, sort_keys=True, default=str)
    return Action.model_validate(entry).model_copy(update={"definition": definition})


def actions_table(actions: dict[str, Action]) -> pa.Table:
    """`config.actions`: one row per action; `definition` is its rule as JSON, which `Action` reads again."""
    rows = [
        {
            "action": name,
            "version": action.version,
            "kind": action.kind,
            "funnel": action.from_funnel,
            "definition": action.definition,
        }
        for name, action in actions.items()
    ]
    return pa.Table.from_pylist(rows, schema=ACTIONS)


def _action(file: YamlFile, name: Any, entry: Any) -> Action:
    here = ("actions", name)
    if not is_name(name):
        raise file.error(here, f"action '{name}': a name has small letters, digits and _, and starts with a letter")
    if not isinstance(entry, dict):
        raise file.error(here, f"action '{name}': write its keys below it: version, and one of {', '.join(KINDS)}")
    try:
        return action_of(entry)
    except ValidationError as error:
        raise refusal(file, here, f"action '{name}'", error, Action) from error


def _refuse_unknown(file: YamlFile, name: str, action: Action, sources: dict[str, Source]) -> None:
    here = ("actions", name)
    kinds = {kind for source in sources.values() for kind in source.id_kinds}
    for place, match in action.matches.items():
        where = (*here, *place.split("."))
        if match.source is not None and match.source not in sources:
            what = f"no source is called '{match.source}'; {nearest(match.source, sources)}"
            raise file.error((*where, "source"), f"action '{name}': {what}")
        for path, test in match.where.items():
            if wrong := pattern_mistake(test.matches):
                raise file.error((*where, "where", path), f"action '{name}': '{test.matches}' {wrong}")
    for path in _paths(action):
        kind = path.removeprefix(OWN_IDS)
        if path.startswith(OWN_IDS) and kind not in kinds:
            raise file.error(here, f"action '{name}': no source declares ids of kind '{kind}'; {nearest(kind, kinds)}")


def _paths(action: Action) -> list[str]:
    keys = [*(action.span.key if action.span else ()), *(action.dedupe.key if action.dedupe else ())]
    tested = [path for match in action.matches.values() for path in match.where]
    return [*keys, *tested, *action.properties.values(), *([action.error] if action.error else [])]
