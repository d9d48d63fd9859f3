"""Looks at the rows of which a corrector's condition holds, and changes them, each only while it still holds."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError

from pipelines.config.correctors import Corrector, Value
from pipelines.config.yaml_lines import nearest
from pipelines.correctors.audit import note
from pipelines.correctors.outside import CorrectorError, transaction
from pipelines.settings import Settings

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Correction:
    """A row: its key, and the columns that change, before and after."""

    key: Values
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class Found:
    """At most `most` of the corrector's rows; is_more: there are others."""

    rows: list[Correction]
    is_more: bool


def look(settings: Settings, name: str, corrector: Corrector) -> Found:
    """What would be changed. Errors: CorrectorError."""
    with transaction(settings, corrector.database, writes=False) as connection:
        return _Rows(connection, name, corrector).found()


def correct(settings: Settings, name: str, corrector: Corrector, by: str) -> list[Correction]:
    """What was changed, all or nothing, with its audit rows. by: who asked for it. Errors: CorrectorError."""
    with transaction(settings, corrector.database, writes=True) as connection:
        rows = _Rows(connection, name, corrector)
        found = rows.found(lock=True)
        if found.is_more:
            what = f"more than {corrector.most} rows are wrong; find out why, or raise most"
            raise CorrectorError(f"corrector '{name}': {what}")
        done = [each for each in map(rows.change, found.rows) if each is not None]
        note(connection, name, corrector, done, by)
        return done


class _Rows:
    """Of one corrector, in one transaction."""

    def __init__(self, connection: sa.Connection, name: str, corrector: Corrector) -> None:
        self._connection, self._name, self._corrector = connection, name, corrector
        self._table = self._reflected()
        # all of the condition, whatever comments it has; a colon in it is one, and no parameter
        self._is_wrong = sa.text("({}\n)".format(corrector.where.replace(":", "\\:")))

    def found(self, lock: bool = False) -> Found:
        most, keys = self._corrector.most, self._columns(self._corrector.key)
        query = sa.select(*keys, *self._columns(self._corrector.change)).where(self._is_wrong).order_by(*keys)
        rows = self._connection.execute((query.with_for_update() if lock else query).limit(most + 1)).mappings().all()
        return Found([self._planned(dict(row)) for row in rows[:most]], len(rows) > most)

    def change(self, planned: Correction) -> Correction | None:
        """None: somebody else has mended it meanwhile. Errors: CorrectorError."""
        chosen = [self._table.c[column] == value for column, value in planned.key.items()]
        done = self._connection.execute(
            self._table.update().where(*chosen, self._is_wrong).values(self._corrector.change)
        )
        if done.rowcount == 0:
            return None
        if done.rowcount > 1:
            raise self._error(f"{planned.key} is {done.rowcount} rows, so {', '.join(planned.key)} is no key")
        if self._connection.scalar(sa.select(sa.func.count()).where(*chosen, self._is_wrong).select_from(self._table)):
            raise self._error(f"the change leaves {planned.key} as wrong as it was; see its where and change")
        after = self._connection.execute(sa.select(*self._columns(self._corrector.change)).where(*chosen)).mappings()
        return Correction(planned.key, planned.before, dict(after.one()))

    def _planned(self, row: Values) -> Correction:
        key = {name: row[name] for name in self._corrector.key}
        after: dict[str, Value] = self._corrector.change
        return Correction(key, {name: row[name] for name in after}, dict(after))

    def _columns(self, names) -> list[sa.Column]:
        return [self._table.c[name] for name in names]

    def _reflected(self) -> sa.Table:
        """As the database has it, so that values are of the columns' types."""
        schema, _, table = self._corrector.table.rpartition(".")
        try:
            found = sa.Table(table, sa.MetaData(), schema=schema or None, autoload_with=self._connection)
        except NoSuchTableError:
            known = sa.inspect(self._connection).get_table_names(schema or None)
            raise self._error(f"no table '{self._corrector.table}'; {nearest(table, known)}") from None
        for column in (*self._corrector.key, *self._corrector.change):
            if column not in found.c:
                raise self._error(f"{table} has no column '{column}'; {nearest(column, found.c.keys())}")
        return found

    def _error(self, what: str) -> CorrectorError:
        return CorrectorError(f"corrector '{self._name}': {what}")
