"""The audit of corrections: a table of the outside database, written in the transaction of the change.

There, not in the ledger: two databases cannot commit as one, and a crash between them would leave a change that nobody knows of,
or an audit of what never was. Whoever asks what happened to a row asks beside the row.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipelines.config.correctors import Corrector
from pipelines.moments import now, utc

if TYPE_CHECKING:
    from pipelines.correctors.correct import Correction


def audit_table(name: str) -> sa.Table:
    """One row per changed row. row_key, before, after: JSON objects; definition: sha256 of the corrector as it was."""
    schema, _, table = name.rpartition(".")
    return sa.Table(
        table,
        sa.MetaData(),
        sa.Column("correction", sa.Integer, primary_key=True),
        sa.Column("corrector", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("row_key", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("corrected_by", sa.Text, nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        schema=schema or None,
    )


def note(connection: sa.Connection, name: str, corrector: Corrector, done: "Sequence[Correction]", by: str) -> None:
    """A row for each; the table is made with the first one."""
    if not done:
        return
    table = audit_table(corrector.audit)
    table.create(connection, checkfirst=True)
    same = {"corrector": name, "definition": sha256(corrector.model_dump_json().encode()).hexdigest()}
    same |= {"table_name": corrector.table, "corrected_by": by, "corrected_at": utc(now())}
    rows = [{"row_key": each.key, "before": each.before, "after": each.after} for each in done]
    connection.execute(table.insert(), [same | {key: _json(value) for key, value in row.items()} for row in rows])


def _json(values: dict[str, object]) -> str:
    return json.dumps(values, default=str, ensure_ascii=False)
