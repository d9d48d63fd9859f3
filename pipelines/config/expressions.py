"""How a mapped source says where a field of the envelope comes from: paths, constants, templates, cleaners, cases.

The words are explained at the head of config/sources.yaml. Reading them belongs here; applying them to records does not.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.config.cleaners import CLEANERS
from pipelines.config.yaml_lines import nearest

TESTS = ("equals", "in", "starts_with", "ends_with", "less_than", "greater_than", "is_empty")
EVERYTHING = "*"

_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Condition:
    """`path` is looked at with `test` (one of TESTS) against `operand`."""

    path: str
    test: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Expression:
    """One value of the envelope. `pieces` of a template alternate text and path; `cases`: (condition, value), first wins."""

    kind: Literal["path", "const", "template", "when"]
    value: Any = None
    pieces: tuple[str, ...] = ()
    cases: tuple[tuple[Condition, Any], ...] = ()
    clean: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths whose whole value ends up in the event; what only conditions look at does not."""
        return (self.value,) if self.kind == "path" else self.pieces[1::2]

    @property
    def all_paths(self) -> tuple[str, ...]:
        return self.paths + tuple(condition.path for condition, _ in self.cases)


def parse_expression(value: Any) -> Expression:
    """YAML -> Expression. Errors: ValueError with what is wrong and what would be right."""
    if isinstance(value, str):
        return _text(value, ())
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no path; a constant is written {{const: {value}}}")
    clean = _clean(value.get("clean", []))
    rest = {key: each for key, each in value.items() if key != "clean"}
    if set(rest) == {"path"} or set(rest) == {"template"}:
        return _text(_one_text(rest), clean)
    if set(rest) == {"const"}:
        return Expression("const", value["const"], clean=clean)
    if "when" in rest and set(rest) <= {"when", "otherwise"}:
        return Expression("when", rest.get("otherwise"), cases=tuple(map(_case, _list(rest["when"]))), clean=clean)
    raise ValueError(_wrong_keys(set(value)))


def _wrong_keys(keys: set) -> str:
    known = ("path", "template", "const", "when", "otherwise", "clean")
    for key in sorted(map(str, keys - set(known))):
        return f"unknown key '{key}'; {nearest(key, known)}"
    return "an expression has exactly one of path, template, const, when (with otherwise), and may have clean"


def _one_text(value: dict) -> str:
    (text,) = value.values()
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no path; write a name such as actor.id")
    return text


def _text(text: str, clean: tuple[str, ...]) -> Expression:
    pieces = tuple(_PLACE.split(text))
    if not text.strip():
        raise ValueError("an empty path; write a name such as actor.id")
    if len(pieces) == 1 and not set(text) & set("{}"):
        return Expression("path", text, clean=clean)
    if len(pieces) == 1 or set("".join(pieces)) & set("{}"):
        raise ValueError(f"'{text}': a template is text with {{paths}} in single braces")
    return Expression("template", pieces=pieces, clean=clean)


def _clean(names: Any) -> tuple[str, ...]:
    for name in _list(names):
        if name not in CLEANERS:
            raise ValueError(f"unknown cleaner '{name}'; {nearest(str(name), CLEANERS)}")
    return tuple(_list(names))


def _list(value: Any) -> list:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} must be a list, such as [{value}]")
    return value


def _case(case: Any) -> tuple[Condition, Any]:
    if not isinstance(case, dict) or not {"path", "then"} <= set(case):
        raise ValueError(f"{case!r}: a case is {{path: …, <test>: …, then: …}}; tests: {', '.join(TESTS)}")
    tests = set(case) - {"path", "then"}
    if len(tests) != 1 or not tests <= set(TESTS):
        wrong = ", ".join(sorted(map(str, tests - set(TESTS)))) or "no test"
        raise ValueError(f"a case has one test, this has {wrong}; {nearest(wrong, TESTS)}")
    (test,) = tests
    return Condition(case["path"], test, case[test]), case["then"]
