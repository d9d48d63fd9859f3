"""Runs whose process is gone. After a power cut nobody else notices: the run would hold the warehouse's slot for hours."""

import os
from pathlib import Path

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher

STARTED = dg.DagsterRunStatus.STARTED


def fail_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Ids of the runs that it ended as failed; Dagster then frees their slots and, once, tries them again.

    Only where runs are children of this code server, so that a process id means the same here and there.
    """
    if not isinstance(instance.run_launcher, DefaultRunLauncher):
        return []
    started = instance.get_runs(dg.RunsFilter(statuses=[STARTED]))
    lost = [run.run_id for run in started if _is_lost(instance, run.run_id)]
    for run_id in lost:
        run = instance.get_run_by_id(run_id)
        if run is not None and run.status == STARTED:  # what ended properly said so before its process went
            instance.report_run_failed(run, "The process of this run is gone: it was killed, or the machine went down.")
    return lost


def _is_lost(instance: dg.DagsterInstance, run_id: str) -> bool:
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        metadata = entry.get_dagster_event().engine_event_data.metadata
        if "pid" in metadata:
            return not _lives(int(str(metadata["pid"].value)), entry.timestamp)
    return False


def _lives(process: int, since: float) -> bool:
    """Whether the process that had this id at `since` (seconds since 1970) still runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started_at(process) <= since


def _started_at(process: int) -> float:
    """Seconds since 1970; 0 where there is no /proc to tell. After a restart ids are given out anew."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0
    ticks = int(stat.read_text().rpartition(")")[2].split()[19])
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
