"""What Grafana reads at its start, and the containers around it: names that must agree do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.dashboards.boards import FOLDERS, rules_of
from assets.dashboards.rules import RULES
from pipelines.grafana.engines import ENGINES, UID, Engine
from pipelines.grafana.macros import Range, expanded
from tests.assets.dashboards.conftest import LAST_MOMENT
from tests.assets.dashboards.engines import KINDS, Files, Server, are_equal
from tests.assets.dashboards.rules.reading import tables_of
from tests.assets.dashboards.shown import boards
from tests.assets.dashboards.test_queries import ALL_TIME, RANGES

HOME = Path(__file__).parents[3]
SERVICES = {"duckdb": "grafana", "postgres": "grafana-postgres"}
PROVISIONING = "/etc/grafana/provisioning"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


COMPOSE = read(HOME / "compose.yaml")


def mounted(service: str) -> dict[str, Path]:
    """Where in the container -> what of the project."""
    written = [each for each in COMPOSE["services"][service]["volumes"] if isinstance(each, str) and each[0] == "."]
    return {target: HOME / source for source, target, mode in (each.split(":") for each in written) if mode == "ro"}


def provisioned(service: str, kind: str) -> list[Any]:
    """The files of a kind as the container sees them."""
    found: dict[str, Path] = {}
    for target, source in mounted(service).items():
        files = [source] if source.is_file() else sorted(source.rglob("*.yaml"))
        found |= {f"{target}/{path.relative_to(source)}".rstrip("/."): path for path in files}
    return [read(path) for name, path in found.items() if name.startswith(f"{PROVISIONING}/{kind}/")]


@pytest.mark.parametrize("service", SERVICES.values())
def test_what_is_mounted_is_there(service: str):
    assert mounted(service) and all(path.exists() for path in mounted(service).values())


@pytest.mark.parametrize("service", SERVICES.values())
def test_every_variable_of_its_files_is_set(service: str):
    files = [
        path
        for source in mounted(service).values()
        for path in ([source] if source.is_file() else source.rglob("*.yaml"))
    ]
    used = {name for path in files for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
    assert used and used <= set(COMPOSE["services"][service]["environment"])


@pytest.mark.parametrize(("engine", "service"), [(ENGINES[name], service) for name, service in SERVICES.items()])
def test_dashboards_find_their_data_source(engine: Engine, service: str):
    [file] = provisioned(service, "datasources")
    [source] = file["datasources"]
    assert (source["uid"], source["type"], source["editable"]) == (UID, engine.plugin, False)
    [provider] = [each for file in provisioned(service, "dashboards") for each in file["providers"]]
    place = COMPOSE["services"][service]["environment"][provider["options"]["path"].strip("${}")]
    assert mounted(service)[place] == HOME / FOLDERS[engine.name] / "dashboards"


def test_the_published_files_are_where_the_catalog_says_and_cannot_be_written():
    [mount] = [each for each in COMPOSE["services"]["grafana"]["volumes"] if isinstance(each, dict)]
    told = COMPOSE["services"]["grafana"]["environment"]["TRAILHOUSE_PUBLISHED"]
    assert mount["source"] == mount["target"] == told and mount["read_only"]
    [source] = provisioned("grafana", "datasources")[0]["datasources"]
    assert source["jsonData"]["path"] == "${TRAILHOUSE_PUBLISHED}/catalog.duckdb?access_mode=READ_ONLY"


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_nothing_listens_to_other_machines(service: str):
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"][service]["ports"])


@pytest.mark.parametrize(("engine", "service"), [(ENGINES[name], service) for name, service in SERVICES.items()])
def test_alert_rules_are_there_and_tell_somebody(engine: Engine, service: str):
    files = provisioned(service, "alerting")
    [group] = [each for file in files for each in file.get("groups", [])]
    receivers = {each["name"] for file in files for each in file.get("contactPoints", [])}
    shown = {name: boards()[engine.name, name].made for name in {name for _, name in boards()}}
    assert group["rules"] == rules_of(engine, shown)
    assert {each["notification_settings"]["receiver"] for each in group["rules"]} <= receivers
    assert (
        len({each["uid"] for each in group["rules"]}) == len({each["title"] for each in group["rules"]}) == len(RULES)
    )
    assert all(each["data"][0]["datasourceUid"] == UID for each in group["rules"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize(
    "span", [RANGES["a day"], Range(LAST_MOMENT, LAST_MOMENT), ALL_TIME], ids=["a day", "now", "ever"]
)
def test_both_engines_answer_an_alert_rule(rule, span: Range, files: Files, tables: Server):
    [name] = tables_of(rule.sql)
    ours, theirs = (
        engine.answer(expanded(each, rule.sql, span))
        for each, engine in zip(ENGINES.values(), (files, tables), strict=True)
    )
    kinds = [KINDS[each] for each in ours.columns.values()]
    assert kinds.count("number") == 1 and set(kinds) <= {"number", "text"}, name
    assert ours.columns == theirs.columns and are_equal(ours.rows, theirs.rows)
    assert ours.rows or span != ALL_TIME


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_events_an_alert_rule_has_nothing_to_tell(rule, no_files: Files, no_tables: Server):
    for engine, source in zip(ENGINES.values(), (no_files, no_tables), strict=True):
        assert source.answer(expanded(engine, rule.sql, ALL_TIME)).rows == []
