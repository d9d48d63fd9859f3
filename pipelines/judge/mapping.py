"""Expressions of config/sources.yaml, applied: record -> what it says in the words of the envelope."""

from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from typing import Any

from pipelines.config.cleaners import CLEANERS, exact_number, text
from pipelines.config.expressions import EVERYTHING, Condition, Expression
from pipelines.config.sources import Fields, Source
from pipelines.envelope import RecordRefused
from pipelines.judge.event import Said
from pipelines.judge.remembered import remembered

Get = Callable[[dict], Any]


class Mapping:
    """The fields of one source, ready to be applied to records (objects of JSON, rows of csv)."""

    def __init__(self, source: Source) -> None:
        assert source.fields is not None
        fields, self._is_flat = source.fields, source.format == "csv"
        self._singles = {name: self._getter(name, each) for name, each in _singles(fields).items()}
        self._ids = self._getters("ids", fields.ids)
        self._properties = self._getters("properties", fields.properties)
        self._context = self._getters("context", fields.context)
        self._taken = frozenset(path for each in fields.expressions() for path in each.paths)

    def apply(self, record: dict) -> Said:
        """Errors: RecordRefused bad_type when a cleaner cannot mend a value, or '*' names no object."""
        said = Said(**{name: get(record) for name, get in self._singles.items()})
        said.ids = self._collect("ids", self._ids, record)
        said.properties = self._collect("properties", self._properties, record)
        said.context = self._collect("context", self._context, record)
        for key, value in record.items():
            if key not in self._taken:
                said.context[_free(key, said.context)] = value
        return said

    def _collect(self, field: str, getters: dict[str, tuple[str, Get]], record: dict) -> dict:
        found = {name: get(record) for name, (_, get) in getters.items()}
        if EVERYTHING not in found:
            return found
        whole, path = found.pop(EVERYTHING), getters[EVERYTHING][0]
        if not isinstance(whole, dict | None):
            raise RecordRefused("bad_type", f"{field}: '{path}' is no object")
        whole = whole or {}
        if not whole.keys() & found.keys():
            return whole | found
        return {f"{path}.{name}" if name in found else name: value for name, value in whole.items()} | found

    def _getters(self, field: str, expressions: dict[str, Expression]) -> dict[str, tuple[str, Get]]:
        return {name: (str(each.value), self._getter(f"{field}.{name}", each)) for name, each in expressions.items()}

    def _getter(self, field: str, expression: Expression) -> Get:
        get = self._bare_getter(expression)
        cleaners = [CLEANERS[name] for name in expression.clean]
        return _cleaned(field, get, cleaners) if cleaners else get

    def _bare_getter(self, expression: Expression) -> Get:
        if expression.kind == "const":
            return lambda record: expression.value
        if expression.kind == "path":
            return self._path(expression.value)
        if expression.kind == "template":
            return _template(expression.pieces, [self._path(each) for each in expression.paths])
        return _first_case([(self._condition(each), then) for each, then in expression.cases], expression.value)

    def _path(self, path: str) -> Get:
        if self._is_flat:
            return itemgetter(path)  # the header was checked: every row has every column
        if "." not in path:
            return lambda record: record.get(path)
        return _walker(path.split("."))

    def _condition(self, condition: Condition) -> Get:
        get, test, operand = self._path(condition.path), _TESTS[condition.test], condition.operand
        holds = remembered(lambda value: test(value, operand))
        return lambda record: holds(get(record))


def _singles(fields: Fields) -> dict[str, Expression]:
    names = ("event_id", "event_name", "timestamp", "sent_at", "received_at")
    return {name: getattr(fields, name) for name in names if getattr(fields, name) is not None}


def _free(key: str, context: dict) -> str:
    while key in context:
        key = f"top_level_{key}"
    return key


def _walker(parts: list[str]) -> Get:
    def walk(record: Any) -> Any:
        for part in parts:
            if not isinstance(record, dict):
                return None
            record = record.get(part)
        return record

    return walk


def _cleaned(field: str, get: Get, cleaners: list[Callable[[Any], Any]]) -> Get:
    def clean(sent: Any) -> Any:
        value = sent
        try:
            for cleaner in cleaners:
                value = None if value is None else cleaner(value)
        except ValueError as error:
            raise RecordRefused("bad_type", f"{field}: {sent!r:.60} {error}") from error
        return value

    clean_again = remembered(clean)
    return lambda record: clean_again(get(record))


def _template(pieces: tuple[str, ...], getters: list[Get]) -> Get:
    def fill(record: dict) -> str | None:
        values = [get(record) for get in getters]
        if any(value is None for value in values):
            return None
        filled = list(pieces)
        filled[1::2] = [text(value) for value in values]
        return "".join(filled)

    return fill


def _first_case(cases: list[tuple[Get, Any]], otherwise: Any) -> Get:
    def choose(record: dict) -> Any:
        return next((then for holds, then in cases if holds(record)), otherwise)

    return choose


def _equals(value: Any, operand: Any) -> bool:
    """csv knows only text: 5 and '5' are equal."""
    if value is None or operand is None or isinstance(value, list | dict):
        return value is operand
    return text(value) == text(operand)


def _compare(value: Any, operand: Any) -> int | None:
    """Sign of value - operand, exactly; None when either is no number."""
    try:
        difference = exact_number(value) - exact_number(operand)
    except ValueError:
        return None
    return (difference > Decimal(0)) - (difference < Decimal(0))


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "in": lambda value, operand: any(_equals(value, each) for each in operand),
    "starts_with": lambda value, operand: isinstance(value, str) and value.startswith(operand),
    "ends_with": lambda value, operand: isinstance(value, str) and value.endswith(operand),
    "less_than": lambda value, operand: _compare(value, operand) == -1,
    "greater_than": lambda value, operand: _compare(value, operand) == 1,
    "is_empty": lambda value, operand: (value in (None, "", [], {})) == operand,
}
