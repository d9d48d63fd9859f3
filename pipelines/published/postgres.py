"""The published tables in PostgreSQL: one transaction takes it from one whole generation to the next, or does not happen.

Rows are deleted and inserted, so a reader goes on with the generation that they see: TRUNCATE would lock them out, and show
them an empty table. Only tables that changed are written, and of these only the rows that did, as long as we have the file that
PostgreSQL was filled from. Whoever is in the role READER may read. What others made there is not touched.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
from pydantic import SecretStr

from pipelines.lake import TEMPORARY
from pipelines.models import Model
from pipelines.published.files import SAID, TABLES, Said, path_of, said_by, served_columns, standing
from pipelines.published.rows import Rows
from pipelines.published.server import ServingError, Session, connected, listed
from pipelines.published.shapes import READER, Shapes

__all__ = ["READER", "ServingError", "serve"]

ALONE = "select pg_advisory_xact_lock(7230001)"  # there is one publish at a time
PATIENCE = "set local lock_timeout = '30s'"  # where columns change, readers are waited for
MOST_CHANGED = 0.3  # of a table's rows; beyond that all are written anew


def serve(url: SecretStr, published: Path, served: Path, models: Mapping[str, Model]) -> dict[str, int]:
    """Brings PostgreSQL to what is published. Returns {table: rows deleted and inserted} of what changed.

    served: a folder for links to the files that PostgreSQL was filled from. Errors: ServingError, without the address; then
    PostgreSQL has the generation that it had.
    """
    with duckdb.connect() as engine, connected(url) as session:
        written = _Transfer(engine, session, models, published, served).run()
    _remember(published, served, written)
    if written:
        with connected(url, autocommit=True) as session:  # what was deleted takes room until then
            session.execute(f"vacuum (analyze, truncate false) {TABLES}, {', '.join(written)}")
    return written


class _Transfer:
    """One transaction."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        session: Session,
        models: Mapping[str, Model],
        published: Path,
        served: Path,
    ) -> None:
        self._engine, self._session, self._execute = engine, session, session.execute
        self._models, self._published, self._served = models, published, served

    def run(self) -> dict[str, int]:
        self._execute(PATIENCE)
        self._execute(ALONE)
        here = {name: said for name, said in standing(self._published).items() if name in self._models}
        shapes = Shapes(self._session, here)
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
        was = self._was(model, there) if model.name in shapes.found and not shapes.is_altered(model) else None
        rows = Rows(self._engine, path_of(self._published, model.name), served_columns(model), was)
        if was is not None and (changed := self._write_changes(model, rows)) is not None:
            return changed
        shapes.make(model)
        copied = self._session.copy(model.name, served_columns(model), rows.csv("new"))
        shapes.index(model)
        return copied

    def _was(self, model: Model, there: tuple | None) -> Path | None:
        """The file that we remember, if it is what stands there and its rows can be told apart by what is shown of them."""
        path = path_of(self._served, model.name)
        said = None if set(model.header.grain) & set(model.withheld) else said_by(self._engine, path)
        return path if said is not None and said.row == there else None

    def _write_changes(self, model: Model, rows: Rows) -> int | None:
        """None where all must be written anew: too much changed, or rows are there that we did not write."""
        went, grain = rows.count("went"), model.header.grain
        if went > MOST_CHANGED * rows.count("old"):
            return None
        self._execute(f"create temp table went on commit drop as select {listed(grain)} from {model.name} with no data")
        self._session.copy("went", grain, rows.csv("went", grain))
        same = " and ".join(f'stands."{each}" = went."{each}"' for each in grain)
        deleted = self._execute(f"delete from {model.name} as stands using went where {same}").rowcount
        self._execute("drop table went")
        if deleted != went:
            return None
        return went + self._session.copy(model.name, served_columns(model), rows.csv("came"))

    def _say(self, said: Said) -> None:
        self._execute(f"delete from {TABLES} where table_name = %s", [said.table_name])
        self._execute(f"insert into {TABLES} values ({', '.join(['%s'] * len(SAID))})", said.row)


def _remember(published: Path, served: Path, names: Iterable[str]) -> None:
    """Links to the files: they cost nothing until the next publish."""
    served.mkdir(parents=True, exist_ok=True)
    for name in names:
        link = path_of(served, name)
        temporary = link.with_name(link.name + TEMPORARY)
        temporary.unlink(missing_ok=True)
        os.link(path_of(published, name), temporary)
        temporary.replace(link)
