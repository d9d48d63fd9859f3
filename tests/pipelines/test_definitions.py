"""What Dagster loads."""

import subprocess
import sys
from typing import Any

import dagster as dg

from pipelines.definitions import defs
from pipelines.house import HOUSE


def test_the_definitions_can_be_loaded():
    dg.Definitions.validate_loadable(defs)


def test_loading_says_nothing():
    done = subprocess.run(
        [sys.executable, "-c", "import pipelines.definitions"], capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""


def test_a_path_is_a_name():
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert keys >= {name.replace(".", "/") for name in HOUSE.models}


def test_every_asset_is_described_and_owned():
    for node in defs.resolve_asset_graph().asset_nodes:
        name = node.key.to_user_string()
        assert node.description and node.description.startswith("One row per"), name
        monitor = HOUSE.config.monitors.get(node.key.path[-1]) if node.group_name == "monitors" else None
        assert node.owners == [monitor.owner if monitor else HOUSE.config.house.owner], name
        assert node.group_name == node.key.path[0], name
        assert node.kinds, name


def test_one_process_runs_a_job_and_one_slot_guards_the_warehouse():
    assert defs.executor is dg.in_process_executor
    steps: list[Any] = [assets.node_def for assets in defs.assets or []]  # type: ignore[union-attr]
    apart = [step for step in steps if step.name.startswith(("report_", "grafana_"))]  # they do not open the warehouse
    assert {step.pool for step in apart} == {None}
    assert {step.pool for step in steps if step not in apart} == {"warehouse"}


def test_steps_have_names_that_a_person_reads():
    names = [assets.node_def.name for assets in defs.assets or []]  # type: ignore[union-attr]
    assert not [name for name in names if "__" in name]
