"""A house of its own for a test of the Dagster layer: temporary data, inbox and instance; the checkout's definitions."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg

from pipelines.house import HOUSE
from pipelines.models.header import Check
from pipelines.settings import Settings
from pipelines.warehouse import House, Warehouse, open_warehouse
from pipelines.work import new_tasks, read, run_all

DAY = "2026-03-02"
PROJECT = Path(__file__).resolve().parents[1]


def instance_folder(folder: Path, **settings: int) -> Path:
    """A folder with the project's dagster.yaml, its history kept inside; `settings` change numbers in it."""
    text = (PROJECT / "dagster.yaml").read_text().replace("base_dir: .dagster", f"base_dir: {folder}/.dagster")
    for name, value in settings.items():
        text, found = re.subn(rf"{name}: \d+", f"{name}: {value}", text)
        assert found == 1, name
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(text)
    return folder


def record(event_id: str, user: str, at: str = f"{DAY}T10:00:00Z", **more) -> dict:
    """A native record; the collector got it when it happened."""
    return {
        "event_id": event_id,
        "event_name": "page_viewed",
        "timestamp": at,
        "received_at": at,
        "ids": {"user": user},
        "properties": {"path": "/"},
    } | more


def edited(name: str, **changes) -> House:
    """The house as if somebody had edited one table's file."""
    model = HOUSE.models[name]
    changes = {"text": f"{model.text}\n-- edited"} | changes
    return replace(HOUSE, models=HOUSE.models | {name: replace(model, **changes)})


def with_check(name: str, condition: str, blocking: bool = True) -> House:
    """The house with one more check, called `extra`, of a table."""
    header = HOUSE.models[name].header
    checks = [*header.checks, Check("extra", "extra", condition, blocking)]
    return edited(name, header=replace(header, checks=checks))


class DagsterHouse:
    """`instance` remembers what runs and ticks did; the settings of the environment point into `folder`."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self.instance = folder, instance

    def drop(self, name: str, *records: dict, source: str = "web", content: bytes | None = None) -> Path:
        """A file in the source's folder that nobody touches any more: these records, or just these bytes."""
        path = self.folder / "inbox" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(each) + "\n" for each in records).encode()
        path.write_bytes(lines if content is None else content)
        os.utime(path, (0, 0))
        return path

    def tick(self):
        """What the sensor answers."""
        from assets.raw.watch import inbox

        return inbox(dg.build_sensor_context(instance=self.instance))

    def run(self, job: str, config: dict | None = None) -> dg.ExecuteInProcessResult:
        """The job in this process; a failed step raises nothing."""
        from pipelines.definitions import defs

        found = defs.resolve_job_def(job)
        return found.execute_in_process(config, instance=self.instance, raise_on_error=False)

    def build(self) -> None:
        """What is new read, every table built and published, as the command line does it: Dagster has no word of it."""
        with self.open() as warehouse:
            read(warehouse, new_tasks(warehouse))
            run_all(warehouse)

    @contextmanager
    def open(self) -> Iterator[Warehouse]:
        with open_warehouse(Settings(), HOUSE) as warehouse:
            yield warehouse

    def materializations(self, asset: str) -> list[dg.AssetMaterialization]:
        """Of `schema/table`, the newest first."""
        records = self.instance.fetch_materializations(dg.AssetKey(asset.split("/")), limit=100).records
        return [each.asset_materialization for each in records if each.asset_materialization]

    def materialized(self) -> set[str]:
        """Every `schema/table` that was ever materialized."""
        return {key.to_user_string() for key in self.instance.get_asset_keys() if self._is_materialized(key)}

    def _is_materialized(self, key: dg.AssetKey) -> bool:
        return self.instance.get_latest_materialization_event(key) is not None

    def days(self) -> set[str]:
        """Received days that Dagster knows of."""
        return set(self.instance.get_materialized_partitions(dg.AssetKey(["lake", "events"])))

    def check(self, asset: str, name: str) -> dg.AssetCheckEvaluation | None:
        """The newest result of a check, None when there is none."""
        key = dg.AssetCheckKey(dg.AssetKey(asset.split("/")), name)
        found = self.instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
        event = found.event.dagster_event if found and found.event else None
        return event.asset_check_evaluation_data if event else None
