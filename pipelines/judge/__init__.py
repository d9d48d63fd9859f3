"""The judge: bytes of a record in, an event or a reason out. It imports no engine and no orchestrator: workers start fast."""

from pipelines.judge.core import Judge
from pipelines.judge.tables import Judged, conflict_rows

__all__ = ["Judge", "Judged", "conflict_rows"]
