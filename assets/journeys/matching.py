"""The rules of config/actions.yaml as one query over journeys.events: which rule an event matches, and what is kept of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.config.actions import OWN_IDS, Action, Match, Test
from pipelines.kernels.roles import END, FAILURE, HEARTBEAT, START

ROLES = {"event": START, "span.start": START, "span.heartbeat": HEARTBEAT, "span.end": END, "span.failure": FAILURE}

EVENTS = """
select person_id, source, event_number, event_id, event_name, occurred_at, local_date, path, properties, other_ids,
    unnest(list_filter([{parts}], lambda part: part is not null)) as part
from journeys.events
where person_id is not null and event_name in ({names})"""

MATCHED = """
select person_id, source, event_number, event_id, occurred_at, local_date, {facts},
    cast({key} as varchar) as key, cast({error} as varchar) as error, cast({properties} as varchar) as properties
from ({events})"""


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    action: Action


@dataclass(frozen=True, slots=True)
class Look:
    """One match of one rule. Looks are numbered; the number is the `part` that the query finds."""

    rule: Rule
    role: int
    match: Match

    @property
    def keys(self) -> tuple[str, ...]:
        span, dedupe = self.rule.action.span, self.rule.action.dedupe
        return span.key if span else dedupe.key if dedupe else ()

    @property
    def timeout_us(self) -> int | None:
        """Null: nothing is paired with it."""
        span, dedupe = self.rule.action.span, self.rule.action.dedupe
        return span.timeout if span else dedupe.within if dedupe else None


def matched_query(rules: list[Rule]) -> str:
    """One row per event and rule that it matches: the event's columns, `action, action_version, role, is_span, timeout_us, key,
    error, properties`. An event is at most one part of a span: its start before its end.
    """
    looks = [Look(rule, ROLES[place], match) for rule in rules for place, match in rule.action.matches.items()]
    if not looks:
        return matched_query([Rule("none", Action(version=1, event=Match(name=("",))))]) + " where false"
    numbers = {id(look): number for number, look in enumerate(looks)}
    parts = [_first_that_holds([look for look in looks if look.rule is rule], numbers) for rule in rules]
    names = sorted({name for look in looks for name in look.match.name})
    return MATCHED.format(
        events=EVENTS.format(parts=", ".join(parts), names=", ".join(map(_text, names))),
        facts=", ".join(_fact(name, [value(look) for look in looks]) for name, value in _FACTS.items()),
        key=_by_part(looks, _key),
        error=_by_part(looks, lambda look: _value(look.rule.action.error) if look.rule.action.error else "null"),
        properties=_by_part(looks, _properties),
    )


_FACTS: dict[str, Callable[[Look], str]] = {
    "action": lambda look: _text(look.rule.name),
    "action_version": lambda look: f"{look.rule.action.version}::bigint",
    "role": lambda look: f"{look.role}::bigint",
    "is_span": lambda look: str(look.rule.action.span is not None),
    "timeout_us": lambda look: "null::bigint" if look.timeout_us is None else f"{look.timeout_us}::bigint",
}


def _fact(name: str, values: list[str]) -> str:
    return f"[{', '.join(values)}][part + 1] as {name}"


def _first_that_holds(looks: list[Look], numbers: dict[int, int]) -> str:
    cases = " ".join(f"when {_condition(look)} then {numbers[id(look)]}" for look in looks)
    return f"case {cases} end"


def _by_part(looks: list[Look], expression: Callable[[Look], str]) -> str:
    """The engine evaluates a case only for its own rows."""
    cases = " ".join(f"when {number} then {expression(look)}" for number, look in enumerate(looks))
    return f"case part {cases} end"


def _condition(look: Look) -> str:
    match = look.match
    conditions = [f"event_name in ({', '.join(map(_text, match.name))})"]
    if match.source:
        conditions.append(f"source = {_text(match.source)}")
    if match.page:
        conditions.append(f"regexp_full_match(path, {_text(_template(match.page))})")
    conditions += [_holds(path, test) for path, test in match.where.items()]
    if look.rule.action.span:
        conditions += [f"{_value(path)} is not null" for path in look.keys]
    return " and ".join(conditions)


def _holds(path: str, test: Test) -> str:
    if test.matches:
        return f"regexp_matches({_value(path)}, {_text(test.matches)})"
    return f"{_value(path)} in ({', '.join(map(_text, test.values))})"


def _template(page: str) -> str:
    """'/docs/:topic' -> RE2 of the whole path; a slash at its end says nothing."""
    segments = [r"[^/]+" if each.startswith(":") else _literal(each) for each in page.strip("/").split("/")]
    return "/" + "/".join(segments) + "/?"


def _literal(text: str) -> str:
    return "".join(each if each.isalnum() or ord(each) > 127 else f"\\{each}" for each in text)


def _key(look: Look) -> str:
    if not look.keys:
        return "null"
    if len(look.keys) == 1:
        return _value(look.keys[0])
    return f"cast(to_json([{', '.join(map(_value, look.keys))}]) as varchar)"


def _properties(look: Look) -> str:
    """Those that the event has, as one JSON object."""
    kept = look.rule.action.properties
    if not kept:
        return "null"
    pairs = ", ".join(f"{_text(json.dumps(name) + ':')} || {_json(path)}" for name, path in kept.items())
    return f"'{{' || concat_ws(',', {pairs}) || '}}'"


def _value(path: str) -> str:
    """As text."""
    if path.startswith(OWN_IDS):
        kind = _text(path.removeprefix(OWN_IDS))
        return f"list_filter(other_ids, lambda id: id.kind = {kind})[1].value"
    return f"json_extract_string(properties, {_text(_json_path(path))})"


def _json(path: str) -> str:
    return (
        f"to_json({_value(path)})"
        if path.startswith(OWN_IDS)
        else f"json_extract(properties, {_text(_json_path(path))})"
    )


def _json_path(path: str) -> str:
    return "$" + "".join(f'."{key}"' for key in path.split("."))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
