"""config/exclude.yaml: who counts nowhere. The typed form of that file, and errors that name the line."""

import re
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.config.patterns import pattern_mistake
from pipelines.config.refusals import refusal
from pipelines.config.sources import Source
from pipelines.config.yaml_lines import YamlFile, nearest

KINDS = ("user", "anonymous")  # of every source; others are those that a source of the namespace declares
DOMAIN = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
RULES = pa.schema([(name, pa.string()) for name in ("rule", "kind", "namespace", "id_kind", "value")])


class Exclude(BaseModel):
    """Ids as `namespace/kind/value`, e-mail domains in lower case, user agents as RE2 patterns."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=1, ge=1, le=1)
    ids: list[str] = []
    email_domains: list[str] = []
    user_agents: list[str] = []

    def table(self) -> pa.Table:
        """`config.exclude`: one row per rule, called as it is written."""
        rows = [_id_row(each) for each in self.ids]
        rows += [{"rule": each, "kind": "email_domain", "value": each} for each in self.email_domains]
        rows += [{"rule": each, "kind": "user_agent", "value": each} for each in self.user_agents]
        return pa.Table.from_pylist(rows, schema=RULES)


def _id_row(rule: str) -> dict[str, str]:
    namespace, kind, value = rule.split("/", 2)
    return {"rule": rule, "kind": "id", "namespace": namespace, "id_kind": kind, "value": value}


def load_exclude(path: Path, sources: dict[str, Source]) -> Exclude:
    """Errors: ConfigError with file and line, and the nearest right name where one was misspelt."""
    file = YamlFile(path)
    try:
        found = Exclude.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, (), path.name, error, Exclude) from error
    for place, key, rule in _rules(found):
        if what := _what_is_wrong(key, rule, sources):
            raise file.error((key, place), f"'{rule}': {what}")
    _refuse_twice(file, found)
    return found


def _rules(found: Exclude) -> list[tuple[int, str, str]]:
    groups = (("ids", found.ids), ("email_domains", found.email_domains), ("user_agents", found.user_agents))
    return [(place, key, rule) for key, rules in groups for place, rule in enumerate(rules)]


def _what_is_wrong(key: str, rule: str, sources: dict[str, Source]) -> str | None:
    if key == "ids":
        return _wrong_id(rule, sources)
    if key == "email_domains":
        return None if DOMAIN.match(rule) else "is no domain in lower case, such as staff.example.com"
    return _wrong_pattern(rule)


def _wrong_id(rule: str, sources: dict[str, Source]) -> str | None:
    namespace, _, rest = rule.partition("/")
    kind, _, value = rest.partition("/")
    if not value:
        return "write namespace/kind/value, such as app/user/u-000042"
    here = [source for source in sources.values() if source.namespace == namespace]
    if not here:
        return (
            f"no source has the namespace '{namespace}'; {nearest(namespace, {s.namespace for s in sources.values()})}"
        )
    kinds = {*KINDS, *(kind for source in here for kind in source.id_kinds)}
    return None if kind in kinds else f"no source of {namespace} has ids of kind '{kind}'; {nearest(kind, kinds)}"


def _wrong_pattern(rule: str) -> str | None:
    return pattern_mistake(rule) or (None if rule else "an empty pattern would exclude everything")


def _refuse_twice(file: YamlFile, found: Exclude) -> None:
    seen: set[str] = set()
    for place, key, rule in _rules(found):
        if rule in seen:
            raise file.error((key, place), f"'{rule}' is given twice; keep one")
        seen.add(rule)
