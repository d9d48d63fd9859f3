"""What Grafana alerts by, as its provisioning API takes it: whom it tells, and the group of our rules.

Sent so that people may change it in Grafana; what they add beside ours stays.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pipelines.config.durations import MICROSECONDS, parse_duration
from pipelines.grafana.alerting import EVERY, GROUP
from pipelines.grafana.push.api import DISABLE_PROVENANCE, Grafana
from pipelines.grafana.push.things import holds

Json = dict[str, Any]
API = "api/v1/provisioning"
PART = re.compile(r"(\d+)([smhd])")  # of a duration as 1h30m
OF_A_FILE = ("dashboardUid", "panelId")  # which panel shows a rule: in a file keys of their own, here annotations


def points_of(file: Mapping[str, Any]) -> list[Json]:
    """A file's contact points, one for each way to tell. Grafana knows the ways, each by its uid, and joins them by name."""
    return [each | {"name": point["name"]} for point in file["contactPoints"] for each in point["receivers"]]


@dataclass(frozen=True, slots=True)
class Point:
    """One way in which a contact point tells: a mail, a message."""

    made: Json
    kind: ClassVar[str] = "contact point"

    @property
    def uid(self) -> str:
        return self.made["uid"]

    def find(self, grafana: Grafana) -> Json | None:
        found = grafana.call("GET", f"{API}/contact-points")
        return next((each for each in found if each["uid"] == self.uid), None)

    def is_read_only(self, found: Json) -> bool:
        return found.get("provenance") == "file"

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool:
        return holds(found, self.made)

    def note(self, grafana: Grafana, found: Json) -> str:
        return ""

    def send(self, grafana: Grafana, found: Json | None) -> None:
        method, path = ("POST", "") if found is None else ("PUT", f"/{self.uid}")
        grafana.call(method, f"{API}/contact-points{path}", self.made, headers=DISABLE_PROVENANCE)


@dataclass(frozen=True, slots=True)
class Group:
    """Our alert rules in one group. Rules of others in it stay, and one that somebody paused stays paused."""

    rules: Sequence[Json]
    folder: str
    kind: ClassVar[str] = "alert rules"

    @property
    def uid(self) -> str:
        return GROUP

    def find(self, grafana: Grafana) -> Json | None:
        return grafana.find(self._path())

    def is_read_only(self, found: Json) -> bool:
        ours = {each["uid"] for each in self.rules}
        return any(each.get("provenance") == "file" for each in found["rules"] if each["uid"] in ours)

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool:
        theirs = {each["uid"]: _comparable(each) for each in found["rules"]}
        wanted = [_comparable(self._rule(each, theirs)) for each in self.rules]
        return found["interval"] == self._seconds() and all(holds(theirs.get(each["uid"]), each) for each in wanted)

    def note(self, grafana: Grafana, found: Json) -> str:
        paused = [each["title"] for each in found["rules"] if each.get("isPaused")]
        return f"paused, and stays so: {', '.join(paused)}" if paused else ""

    def send(self, grafana: Grafana, found: Json | None) -> None:
        theirs = {each["uid"]: each for each in (found or {"rules": []})["rules"]}
        ours = {each["uid"]: self._rule(each, theirs) for each in self.rules}
        # in their order, or those of others would be changed with ours
        rules = [ours.pop(uid, each) for uid, each in theirs.items()]
        rules += ours.values()
        body = {"title": GROUP, "folderUid": self.folder, "interval": self._seconds(), "rules": rules}
        grafana.call("PUT", self._path(), body, headers=DISABLE_PROVENANCE)

    def _rule(self, made: Json, theirs: Mapping[str, Json]) -> Json:
        kept = {key: value for key, value in made.items() if key not in OF_A_FILE}
        shown = {"__dashboardUid__": made["dashboardUid"], "__panelId__": str(made["panelId"])}
        is_paused = theirs.get(made["uid"], made).get("isPaused", False)
        place = {"folderUID": self.folder, "ruleGroup": GROUP, "isPaused": is_paused}
        return kept | place | {"annotations": made["annotations"] | shown}

    def _path(self) -> str:
        return f"{API}/folder/{self.folder}/rule-groups/{GROUP}"

    @staticmethod
    def _seconds() -> int:
        return parse_duration(EVERY) // MICROSECONDS["s"]


def _comparable(rule: Json) -> Json:
    """Grafana writes 60m as 1h, and what an alert is grouped by has no order."""
    settings = rule.get("notification_settings") or {}
    grouped = settings | {"group_by": sorted(settings.get("group_by") or [])}
    lasting = sum(parse_duration(f"{int(number)}{unit}") for number, unit in PART.findall(rule["for"]) if int(number))
    return rule | {"for": lasting, "notification_settings": grouped}
