"""Alert rules as Grafana reads them from a file: a query over one table, a threshold, whom it tells and which panel shows it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.alerting import RelativeTimeRange
from grafana_foundation_sdk.models.common import DataSourceRef

from pipelines.grafana.boards import TAG, uid_of
from pipelines.grafana.engines import UID, Engine
from pipelines.grafana.queries import Query

FOLDER, GROUP, EVERY = "Trailhouse", "trailhouse", "5m"
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class AlertRule:
    """sql: one number a row; its columns of text tell the rows apart. It fires where the number is above `above`.

    panel: (dashboard, title of the panel) that shows it. lasting: so long, as 10m, before it fires.
    """

    name: str
    title: str
    description: str
    sql: str
    above: float
    panel: tuple[str, str]
    severity: str = "warning"
    lasting: str = "10m"

    def made(self, engine: Engine, panel_id: int) -> dict[str, Any]:
        """As the file has it."""
        rule = alerting.Rule(self.title).uid(uid_of(self.name)).condition("B").for_val(self.lasting)
        rule = rule.queries([_rows(engine, self.sql), _threshold(self.above)])
        rule = rule.no_data_state("OK").exec_err_state("Error").labels({"severity": self.severity})
        rule = rule.annotations({"summary": self.title, "description": self.description}).is_paused(False)
        rule = rule.notification_settings(alerting.NotificationSettings().receiver(TAG))
        typed = json.loads(JSONEncoder().encode(rule.build()))
        kept = {key: value for key, value in typed.items() if key not in ("folderUID", "orgID", "ruleGroup")}
        return kept | {"dashboardUid": uid_of(self.panel[0]), "panelId": panel_id}


def file_of(rules: Iterable[dict[str, Any]]) -> str:
    """A provisioning file. Unlike elsewhere in such files a macro's dollar stands alone in a query: Grafana takes it as it is."""
    group = {"orgId": 1, "name": GROUP, "folder": FOLDER, "interval": EVERY, "rules": list(rules)}
    text = yaml.dump({"apiVersion": 1, "groups": [group]}, Dumper=_Dumper, allow_unicode=True, width=120)
    return f"# Made by `trailhouse grafana build` out of assets/dashboards/rules.py\n{text}"


def _rows(engine: Engine, sql: str) -> alerting.Query:
    made = alerting.Query("A").datasource_uid(UID).model(Query(engine, sql, "A", UID))
    return made.relative_time_range(RelativeTimeRange(from_val=DAY_SECONDS, to=0))


def _threshold(above: float) -> alerting.Query:
    evaluator = expr.ExprTypeThresholdConditionsEvaluator().type("gt").params([above])
    condition = expr.ExprTypeThresholdConditions().evaluator(evaluator)
    model = expr.TypeThreshold().ref_id("B").expression("A").conditions([condition])
    model = model.datasource(DataSourceRef(type_val="__expr__", uid="__expr__"))
    made = alerting.Query("B").datasource_uid("__expr__").model(model)
    return made.relative_time_range(RelativeTimeRange(from_val=DAY_SECONDS, to=0))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are written."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
