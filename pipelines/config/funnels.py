"""config/funnels.yaml: which actions lead to which goal. The typed form of that file; its head explains the words.

Which combinations exist is said in funnel_rules.py; following persons belongs to assets/funnels/entries.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from pipelines.config.actions import Action, texts
from pipelines.config.durations import Duration
from pipelines.config.entries import Part, is_name
from pipelines.config.refusals import refusal
from pipelines.config.yaml_lines import YamlFile

MOST = 20  # steps, and exclusions: each has a bit
OTHER_BIT = 62  # of an action that only stands between: see pipelines/kernels/funnels.py
Values = Annotated[tuple[str, ...], BeforeValidator(texts), Field(min_length=1)]

_CONDITIONS = pa.list_(pa.struct([("property", pa.string()), ("values", pa.list_(pa.string()))]))
_STEP = pa.struct([("name", pa.string()), ("is_optional", pa.bool_()), ("within_us", pa.int64())])
_EXCLUSION = pa.struct([("from_step", pa.int64()), ("to_step", pa.int64())])
_MATCH = pa.struct(
    [("bit", pa.int64()), ("action", pa.string()), ("outcome", pa.string()), ("conditions", _CONDITIONS)]
)
FUNNELS = pa.schema(
    [
        ("funnel", pa.string()),
        ("version", pa.int64()),
        ("mode", pa.string()),
        ("reentry", pa.string()),
        ("window_us", pa.int64()),
        ("steps", pa.list_(_STEP)),
        ("exclusions", pa.list_(_EXCLUSION)),
        ("matches", pa.list_(_MATCH)),
        ("others_besides", pa.list_(pa.string())),
        ("hold", pa.list_(pa.string())),
        ("breakdown_of", pa.string()),
        ("breakdown_step", pa.int64()),
        ("breakdown_property", pa.string()),
        ("breakdown_trait", pa.string()),
    ]
)


class Step(Part):
    """`where`: property -> the texts it may have. `within`: since the required step before, microseconds."""

    action: str
    name: str = ""
    outcome: Literal["ok", "failed"] | None = None
    where: dict[str, Values] = Field(default={})
    optional: bool = False
    within: Duration | None = None

    @property
    def title(self) -> str:
        return self.name or (f"{self.action} {self.outcome}" if self.outcome else self.action)


class Exclusion(Part):
    """`between`: numbers of two steps, from 1."""

    action: str
    where: dict[str, Values] = Field(default={})
    between: tuple[int, int]


class Breakdown(Part):
    """By a property of the event that reached a step, or by a trait of the person as it was known at entry."""

    step: int | None = None
    named: str | None = Field(default=None, alias="property")
    trait: str | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "Breakdown":
        if (self.trait is not None, self.step is None, self.named is None) not in ((True,) * 3, (False,) * 3):
            raise ValueError("write {step: <number>, property: <name>} or {trait: <name>}")
        return self

    @property
    def title(self) -> str:
        return f"trait {self.trait} at entry" if self.trait else f"{self.named} of step {self.step}"


class Funnel(Part):
    """One funnel. Steps are numbered from 1."""

    version: int = Field(ge=1)
    description: str = ""
    mode: Literal["ordered", "consecutive", "any_order"] = "ordered"
    among: Literal["funnel", "all"] = "funnel"
    reentry: Literal["latest", "first", "all"] = "latest"
    window: Duration
    steps: tuple[Step, ...] = Field(min_length=2, max_length=MOST)
    exclusions: tuple[Exclusion, ...] = Field(default=(), max_length=MOST)
    hold: tuple[str, ...] = ()
    breakdown: Breakdown | None = None


def load_funnels(path: Path, actions: Mapping[str, Action]) -> dict[str, Funnel]:
    """Reads funnels.yaml: name -> Funnel, in the order of the file. A file that is absent names no funnel.

    Errors: ConfigError `<file>:<line>: <what>`, with the nearest right name where one was misspelt.
    """
    from pipelines.config.funnel_rules import what_is_wrong

    if not path.exists():
        return {}
    file = YamlFile(path)
    funnels = {str(name): _funnel(file, name, entry) for name, entry in file.entries("funnels").items()}
    for name, funnel in funnels.items():
        for where, what in what_is_wrong(funnel, actions):
            raise file.error(("funnels", name, *where), f"funnel '{name}': {what}")
    return funnels


def _funnel(file: YamlFile, name: Any, entry: Any) -> Funnel:
    here = ("funnels", name)
    if not is_name(name):
        raise file.error(here, f"funnel '{name}': a name has small letters, digits and _, and starts with a letter")
    if not isinstance(entry, dict):
        raise file.error(here, f"funnel '{name}': write its keys below it: version, window and steps")
    try:
        return Funnel.model_validate(entry)
    except ValidationError as error:
        raise refusal(file, here, f"funnel '{name}'", error, Funnel) from error


def funnels_table(funnels: Mapping[str, Funnel]) -> pa.Table:
    """`config.funnels`: one row per funnel. Bits of a match: steps from 0, then exclusions. Times are microseconds."""
    return pa.Table.from_pylist([_row(name, funnel) for name, funnel in funnels.items()], schema=FUNNELS)


def _row(name: str, funnel: Funnel) -> dict[str, Any]:
    breakdown = funnel.breakdown or Breakdown.model_construct(step=None, named=None, trait=None)
    return {
        "funnel": name,
        "version": funnel.version,
        "mode": funnel.mode,
        "reentry": funnel.reentry,
        "window_us": funnel.window,
        "steps": [{"name": s.title, "is_optional": s.optional, "within_us": s.within} for s in funnel.steps],
        "exclusions": [{"from_step": each.between[0], "to_step": each.between[1]} for each in funnel.exclusions],
        "matches": [_match(bit, each) for bit, each in enumerate((*funnel.steps, *funnel.exclusions))],
        "others_besides": _ended(funnel) if funnel.among == "all" else None,
        "hold": list(funnel.hold),
        "breakdown_of": funnel.breakdown.title if funnel.breakdown else None,
        "breakdown_step": breakdown.step,
        "breakdown_property": breakdown.named,
        "breakdown_trait": breakdown.trait,
    }


def _match(bit: int, part: Step | Exclusion) -> dict[str, Any]:
    conditions = [{"property": name, "values": list(values)} for name, values in part.where.items()]
    outcome = part.outcome if isinstance(part, Step) else None
    return {"bit": bit, "action": part.action, "outcome": outcome, "conditions": conditions}


def _ended(funnel: Funnel) -> list[str]:
    """Spans whose end is a step: their start is the same action, and stands between nothing."""
    return sorted({step.action for step in funnel.steps if step.outcome})
