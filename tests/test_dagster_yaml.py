"""dagster.yaml as the instance understands it."""

import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage


@pytest.fixture
def instance(lasting_house):
    return lasting_house.instance


def test_nothing_is_sent_home(instance):
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled


def test_one_slot_guards_the_warehouse_and_is_freed_after_a_crash(instance):
    pools = instance.get_concurrency_config().pool_config
    assert pools.default_pool_limit == 1
    assert pools.pool_granularity.value == "op"
    assert instance.run_monitoring_enabled
    assert 0 < instance.run_monitoring_settings["free_slots_after_run_end_seconds"] <= 60


def test_a_run_is_tried_again_after_a_crash_and_not_after_an_error(instance):
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 1
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_history_is_kept_in_files_beside_the_project(instance):
    assert isinstance(instance.event_log_storage, SqliteEventLogStorage)
