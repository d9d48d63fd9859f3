"""tests/graph.txt is the golden list of what Dagster shows: assets, checks, jobs, schedules, sensors.

A change that is meant is written down by:  .venv/bin/python -m tests.test_graph > tests/graph.txt
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

GOLDEN = Path(__file__).with_name("graph.txt")
REGENERATE = "If it is meant: .venv/bin/python -m tests.test_graph > tests/graph.txt"


def test_the_graph_is_the_one_written_down():
    found, golden = graph(), GOLDEN.read_text(encoding="utf-8")
    assert found.splitlines() == golden.splitlines(), REGENERATE


def graph() -> str:
    from pipelines.definitions import defs

    repository = defs.get_repository_def()
    nodes = sorted(repository.asset_graph.asset_nodes, key=lambda node: node.key)
    lines = ["# Written by: .venv/bin/python -m tests.test_graph > tests/graph.txt"]
    for node in nodes:
        lines += ["", *_asset(node), *_checks(repository, node.key)]
    return "\n".join([*lines, "", *_jobs(repository), *_automation(repository)]) + "\n"


def _asset(node) -> Iterator[str]:
    yield f"asset {node.key.to_user_string()}"
    yield f"  group {node.group_name}"
    yield f"  kinds {' '.join(sorted(node.kinds))}"
    shown = {name: value for name, value in node.tags.items() if not name.startswith("dagster/")}
    yield from (f"  {name} {value}" for name, value in sorted(shown.items()))
    if node.partitions_def:
        yield f"  partitions {type(node.partitions_def).__name__.removesuffix('PartitionsDefinition').lower()}"
    yield from (f"  reads {key.to_user_string()}" for key in sorted(node.parent_keys))


def _checks(repository: dg.RepositoryDefinition, key: dg.AssetKey) -> Iterator[str]:
    graph = repository.asset_graph
    for check in sorted(graph.get_check_keys_for_assets({key})):
        severity = "error" if graph.get(check).blocking else "warn"
        yield f"  check {check.name} ({severity})"


def _jobs(repository: dg.RepositoryDefinition) -> Iterator[str]:
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            yield f"job {job.name}"
            yield from (f"  step {name}" for name in sorted(node.name for node in job.nodes))


def _automation(repository: dg.RepositoryDefinition) -> Iterator[str]:
    for schedule in sorted(repository.schedule_defs, key=lambda each: each.name):
        yield f"schedule {schedule.name}: {schedule.job_name} at {schedule.cron_schedule} ({schedule.default_status.value})"
    for sensor in sorted(repository.sensor_defs, key=lambda each: each.name):
        seconds, status = sensor.minimum_interval_seconds, sensor.default_status.value
        yield f"sensor {sensor.name}: {sensor.job_name} every {seconds} s ({status})"


if __name__ == "__main__":
    print(graph(), end="")
