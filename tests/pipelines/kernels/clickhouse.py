"""ClickHouse's windowFunnel over events drawn here: the level that each person reaches."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from chdb import session

from pipelines.kernels.funnels import Question
from tests.pipelines.kernels.funnel_reference import Event


def levels(folder: Path, question: Question, persons: list[list[Event]], how: str) -> list[int]:
    """how: its mode, such as strict_once. Times go in as UInt64 microseconds; 0: no entry."""
    events = [(number, event) for number, person in enumerate(persons) for event in person]
    columns = {"person": [number for number, _ in events], "at": pa.array([e.at for _, e in events], pa.uint64())}
    columns |= {f"step_{step}": [step in event.steps for _, event in events] for step in range(question.steps)}
    path = folder / "events.parquet"
    pq.write_table(pa.table(columns), path)
    steps = ", ".join(f"step_{step}" for step in range(question.steps))
    with session.Session() as clickhouse:
        found = clickhouse.query(f"""
            select windowFunnel({question.window}, '{how}')("at", {steps}) from file('{path}', Parquet)
            group by person order by person""")
        return [int(line) for line in str(found).split()]
