"""The monitors as Dagster shows them, and their minute: each is an asset whose materialization is a look, with a check that
nothing of it fires.

What must happen every minute happens in a sensor's tick: a run would take longer to start.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import dagster as dg

from assets.alerts.asks import ACTIONS
from assets.alerts.look import look_at, look_outside
from pipelines.between import publish_between
from pipelines.config.monitors import Monitor, What
from pipelines.house import HOUSE
from pipelines.ledger import Ledger
from pipelines.lock import Busy
from pipelines.moments import now
from pipelines.monitors.binding import tables_of
from pipelines.monitors.conditions import Row
from pipelines.monitors.tick import Tick
from pipelines.monitors.work import send_notes
from pipelines.orchestration.asset_specs import asset_key
from pipelines.orchestration.asset_specs import shown as prose
from pipelines.orchestration.monitor_evidence import GROUP, QUIET, check_result, figures, key_of, shown
from pipelines.orchestration.own_state import own_state
from pipelines.orchestration.runs import note_runs
from pipelines.orchestration.tables import POOL
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

MONITORS = HOUSE.config.monitors
WAIT_SECONDS = 10  # for who writes; after that only what needs nothing of the warehouse is looked at


def _spec(name: str, monitor: Monitor) -> dg.AssetSpec:
    tables = (ACTIONS,) if monitor.what.action else tables_of(monitor)
    return dg.AssetSpec(
        key_of(name),
        deps=[asset_key(each) for each in tables],
        group_name=GROUP,
        owners=[monitor.owner],
        kinds={"slack"},
        tags={"severity": monitor.severity},
        description=f"One row per look: {prose(monitor.description)}",
        metadata=_metadata(monitor),
    )


def _metadata(monitor: Monitor) -> dict:
    """The query by itself, so that it can be read; the way to what mends it."""
    found = monitor.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    query, corrector = found["what"].pop("query", None), found.get("corrector")
    about = {"channels": ", ".join(monitor.channels), "definition": dg.MetadataValue.json(found)}
    about |= {"query": dg.MetadataValue.md(f"```sql\n{query}\n```")} if query else {}
    return about | ({"corrector": dg.MetadataValue.job(f"correct_{corrector}", "warehouse")} if corrector else {})


def _check(name: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(QUIET, asset=key_of(name), description="Nothing of it fires.")


@dg.multi_asset(
    name="monitors",
    specs=[_spec(name, monitor) for name, monitor in MONITORS.items()],
    check_specs=[_check(name) for name in MONITORS],
    can_subset=True,
    pool=POOL,
    description="Looks at the chosen monitors now, whether they are due or not, and sends what is decided.",
)
def monitors(context: dg.AssetExecutionContext) -> Iterator:
    chosen = [key.path[-1] for key in context.selected_asset_keys]
    with open_warehouse(Settings(), HOUSE) as warehouse:
        tick = look_at(warehouse, now(), names=chosen, ask_dagster=partial(own_state, context.instance))
    for problem in _send():
        context.log.warning(problem)
    for name in chosen:
        yield dg.MaterializeResult(asset_key=key_of(name), metadata=figures(tick, name))
        yield check_result(tick, name)


look = dg.define_asset_job("look", dg.AssetSelection.groups(GROUP), description="Looks at every monitor now.")


@dg.sensor(
    job=look,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the monitors that are due, and sends what was decided here or at the end of the inbox's tick.",
)
def every_minute(context: dg.SensorEvaluationContext):
    _note_runs(context.instance)
    try:
        tick = _look(partial(own_state, context.instance))
    except Busy as busy:
        return dg.SkipReason(f"Another process looks: {busy}. {_said(_send())}")
    for event in shown(tick):
        context.instance.report_runless_asset_event(event)
    looked, changed = len(tick.changes.looks), len(tick.changes.transitions)
    return dg.SkipReason(f"{looked} monitors looked at, {changed} changes. {_said(_send())}")


def _note_runs(instance: dg.DagsterInstance) -> None:
    with closing(Ledger(Settings().ledger_address)) as ledger:
        note_runs(instance, ledger)


def _look(ask_dagster: Callable[[What], list[Row]]) -> Tick:
    """as_of is the clock when the look begins: who had to wait says so by it."""
    settings = Settings()
    try:
        with open_warehouse(settings, HOUSE, wait_seconds=WAIT_SECONDS) as warehouse:
            tick = look_at(warehouse, now(), ask_dagster=ask_dagster)
            publish_between(warehouse)
            return tick
    except Busy:
        with closing(Ledger(settings.ledger_address)) as ledger:
            return look_outside(settings, HOUSE, ledger, now(), ask_dagster)


def _send() -> list[str]:
    return send_notes(Settings(), HOUSE.config.house.report_timezone).problems


def _said(problems: list[str]) -> str:
    return f"Not sent yet: {'; '.join(problems)}" if problems else "All is sent."
