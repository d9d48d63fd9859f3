"""The ledger's tables: batches, the files they read, the segments they wrote, what they refused, what a replay resolved.

And what was sent, or was going to be; what monitors saw (see pipelines.ledger.alerts); which runs there were.

Moments are BIGINT microseconds since 1970, UTC. What is done with the tables belongs to pipelines.ledger.
"""

import pyarrow as pa
import sqlalchemy as sa

COUNTS = ("records_in", "accepted", "duplicate_same", "duplicate_conflict", "quarantined", "blank")
CONSERVATION = "records_in = accepted + duplicate_same + duplicate_conflict + quarantined + blank"

metadata = sa.MetaData()


def _count_columns() -> list[sa.Column]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS]


about = sa.Table("about", metadata, sa.Column("ledger_id", sa.Text, primary_key=True))

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("batch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("as_of", sa.BigInteger, nullable=False),
    sa.Column("committed_at", sa.BigInteger, nullable=False),
    *_count_columns(),
    sa.CheckConstraint(CONSERVATION, name="batches_conserve_records"),
)

batch_files = sa.Table(
    "batch_files",
    metadata,
    sa.Column("batch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    *_count_columns(),
    sa.CheckConstraint(CONSERVATION, name="batch_files_conserve_records"),
)


def _segment_columns() -> list[sa.Column]:
    """`batch`: the last one with a row in it, last_number >> 32; a compacted segment begins with an earlier one."""
    return [
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("batch", sa.BigInteger, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("received_date", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("first_number", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
    ]


segments = sa.Table("segments", metadata, *_segment_columns())

# what compaction put one segment in place of: with its hash, so that an old backup can still be told
replaced_segments = sa.Table(
    "replaced_segments",
    metadata,
    *_segment_columns(),
    sa.Column("replaced_by", sa.Text, nullable=False, index=True),
    sa.Column("replaced_at", sa.BigInteger, nullable=False),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, index=True),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content_bytes", sa.BigInteger, nullable=False),
    sa.Column("content_sha256", sa.Text, nullable=False),
)

failures = sa.Table(
    "failures",
    metadata,
    sa.Column("failure", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
)


resolved = sa.Table(
    "resolved",
    metadata,
    sa.Column("quarantine_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("batch", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
)

ALERT_STATES = ("normal", "pending", "firing", "resolved", "no_data", "error")
RUN_STATES = ("waiting", "running", "success", "failure", "canceled", "lost")
DELIVERY_STATES = ("planned", "sending", "sent", "failed", "unknown")

# one row a unit: a message of a thread, or a file of one; see pipelines.ledger.deliveries
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery", sa.Integer, primary_key=True),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("report_date", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("stopped", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("marker", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("planned_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("report", "report_date", "channel", "unit", name="deliveries_are_planned_once"),
    sa.CheckConstraint(f"state in {DELIVERY_STATES}", name="deliveries_have_a_known_state"),
    sqlite_autoincrement=True,  # the number of a forgotten one is not given again
)

# one row a change of state of (monitor, labels): the state is the last one's
alert_transitions = sa.Table(
    "alert_transitions",
    metadata,
    sa.Column("transition", sa.Integer, primary_key=True),
    sa.Column("monitor", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("threshold", sa.Float),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("held_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Index("alert_transitions_of_an_instance", "monitor", "labels"),
    sa.CheckConstraint(f"state in {ALERT_STATES}", name="alert_transitions_have_a_known_state"),
)

# what was last measured of an instance; `history` and `row`: JSON
alert_measures = sa.Table(
    "alert_measures",
    metadata,
    sa.Column("monitor", sa.Text, primary_key=True),
    sa.Column("labels", sa.Text, primary_key=True),
    sa.Column("value", sa.Float),
    sa.Column("threshold", sa.Float),
    sa.Column("held_at", sa.BigInteger, nullable=False),
    sa.Column("measured_at", sa.BigInteger, nullable=False),
    sa.Column("history", sa.Text, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
)

# what a monitor was when it last looked, when that was, and up to which batch it has seen actions
alert_looks = sa.Table(
    "alert_looks",
    metadata,
    sa.Column("monitor", sa.Text, primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("looked_at", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)

# what was decided to say: the first of an incident is its message, which later ones edit; each has a reply in its thread
alert_notes = sa.Table(
    "alert_notes",
    metadata,
    sa.Column("note", sa.Integer, primary_key=True),
    sa.Column("incident", sa.Text, nullable=False, index=True),
    sa.Column("monitor", sa.Text, nullable=False, index=True),
    sa.Column("grouped", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("firing", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("channels", sa.Text, nullable=False),
    sa.Column("person", sa.Text),
    sa.Column("decided_at", sa.BigInteger, nullable=False),
    sa.Column("send_at", sa.BigInteger, nullable=False),
    sa.Column("is_sent", sa.Integer, nullable=False, index=True),
)

alert_silences = sa.Table(
    "alert_silences",
    metadata,
    sa.Column("silence", sa.Integer, primary_key=True),
    sa.Column("monitor", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("starts_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

alert_acknowledgements = sa.Table(
    "alert_acknowledgements",
    metadata,
    sa.Column("incident", sa.Text, primary_key=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("acknowledged_at", sa.BigInteger, nullable=False),
)

# what the orchestrator said last of each run: it forgets them after two weeks
pipeline_runs = sa.Table(
    "pipeline_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("launched_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("step_count", sa.BigInteger, nullable=False),
    sa.Column("failed_step_count", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False, index=True),
    sa.CheckConstraint(f"status in {RUN_STATES}", name="pipeline_runs_have_a_known_state"),
)


def arrow_schema(table: sa.Table) -> pa.Schema:
    kinds = {sa.Text: pa.string(), sa.BigInteger: pa.int64(), sa.Integer: pa.int64(), sa.Float: pa.float64()}
    return pa.schema([(column.name, kinds[type(column.type)]) for column in table.columns])
