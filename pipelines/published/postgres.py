"""The published tables in PostgreSQL: one transaction takes it from one whole generation to the next, or does not happen.

Rows are deleted and inserted, so a reader goes on with the generation that they see: TRUNCATE would lock them out, and show
them an empty table. Only tables that changed are written, and of these only the parts that did, where the file knows them back
to the generation that stands there. Whoever is in the role READER may read. What others made there is not touched.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
from pydantic import SecretStr

from pipelines.models import Model
from pipelines.published.files import SAID, TABLES, Said, path_of, served_columns, standing
from pipelines.published.rows import PARTS, Rows
from pipelines.published.server import ServingError, Session, connected
from pipelines.published.shapes import READER, Shapes

__all__ = ["READER", "ServingError", "serve"]

ALONE = "select pg_advisory_xact_lock(7230001)"  # there is one publish at a time
PATIENCE = "set local lock_timeout = '30s'"  # where columns change, readers are waited for


def serve(url: SecretStr, published: Path, models: Mapping[str, Model]) -> dict[str, int]:
    """Brings PostgreSQL to what is published. Returns {table: rows deleted and inserted} of what changed.

    Errors: ServingError, without the address; then PostgreSQL has the generation that it had.
    """
    with duckdb.connect() as engine, connected(url) as session:
        written = _Transfer(engine, session, models, published).run()
    if written:
        with connected(url, autocommit=True) as session:  # what was deleted takes room until then
            session.execute(f"vacuum (analyze, truncate false) {TABLES}, {', '.join(written)}")
    return written


class _Transfer:
    """One transaction."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, session: Session, models: Mapping[str, Model], published: Path
    ) -> None:
        self._engine, self._session, self._execute = engine, session, session.execute
        self._models, self._published = models, published
        self._here = {name: said for name, said in standing(published).items() if name in models}

    def run(self) -> dict[str, int]:
        self._execute(PATIENCE)
        self._execute(ALONE)
        here, shapes = self._here, Shapes(self._session, self._here)
        there = {row[0]: row for row in self._execute(f"select {', '.join(SAID)} from {TABLES}").fetchall()}
        new = [self._models[name] for name, said in here.items() if there.get(name) != said.row]
        written = {}
        for model in sorted(new, key=shapes.is_altered):  # what locks readers out comes last
            written[model.name] = self._write(model, shapes, there.get(model.name))
            self._say(here[model.name])
        shapes.drop(set(there) - set(self._models))
        shapes.let_read(here)
        return written

    def _write(self, model: Model, shapes: Shapes, there: tuple | None) -> int:
        rows = Rows(self._engine, path_of(self._published, model.name), served_columns(model))
        if there is not None and shapes.stands_as_it_is(model) and rows.find_parts(there):
            written = self._replace_parts(model, rows, there)
            if written is not None:
                return written
        shapes.make(model)
        copied = self._session.copy(model.name, served_columns(model), rows.csv())
        shapes.index(model)
        return copied

    def _replace_parts(self, model: Model, rows: Rows, there: tuple) -> int | None:
        """None where all must be written anew: rows are there that we did not write, or are gone."""
        self._execute("create temp table parts (person_id text, since timestamp)")
        self._session.copy("parts", PARTS, rows.parts())
        which = rows.which(model.header.start or "")
        went = self._execute(f"delete from {model.name} as rows using parts where {which}").rowcount
        came = self._session.copy(model.name, served_columns(model), rows.csv_of_parts(which))
        self._execute("drop table parts")
        stood, stands = (
            dict(zip(SAID, said, strict=True))["row_count"] for said in (there, self._here[model.name].row)
        )
        return went + came if stood - went + came == stands else None

    def _say(self, said: Said) -> None:
        self._execute(f"delete from {TABLES} where table_name = %s", [said.table_name])
        self._execute(f"insert into {TABLES} values ({', '.join(['%s'] * len(SAID))})", said.row)
