"""Alert rules and their groups, as the fake keeps them."""

from dataclasses import dataclass, field

from tests.grafana.points import Points
from tests.grafana.refusals import UID, Json, known, need

RULE_DEFAULTS: Json = {"isPaused": False, "keep_firing_for": "0s", "record": None, "notification_settings": None}
RULE_FIELDS = {"id", "uid", "orgID", "folderUID", "ruleGroup", "title", "condition", "data", "updated", "noDataState"}
RULE_FIELDS |= {"execErrState", "for", "annotations", "labels", "provenance", *RULE_DEFAULTS}
DURATIONS = {"60m": "1h", "90m": "1h30m", "24h": "1d"}  # as Go writes them
QUERY_DEFAULTS: Json = {"queryType": "", "relativeTimeRange": {"from": 0, "to": 0}}
MODEL_DEFAULTS: Json = {"intervalMs": 1000, "maxDataPoints": 43200}
STATES = {
    "noDataState": {"Alerting", "NoData", "OK", "KeepLast"},
    "execErrState": {"OK", "Alerting", "Error", "KeepLast"},
}


@dataclass
class Rules(Points):
    """places: of rules in their group."""

    places: dict[str, int] = field(default_factory=dict)
    intervals: dict[tuple[str, str], int] = field(default_factory=dict)

    def _group(self, folder: str, name: str) -> Json:
        found = [each for each in self.rules.values() if (each["folderUID"], each["ruleGroup"]) == (folder, name)]
        rules = sorted(found, key=lambda each: self.places.get(each["uid"], 99))
        need(rules, 404, "Rule group not found")
        return {"title": name, "folderUid": folder, "interval": self.intervals[folder, name], "rules": rules}

    def _replace_group(self, folder: str, name: str, body: Json, provenance: str) -> Json:
        """Rules of the group that are not in the request are deleted, as Grafana does."""
        known(body, {"title", "folderUid", "interval", "rules"})
        need(folder in self.folders, 404, "folder not found")
        need(body["interval"] > 0 and body["interval"] % 10 == 0, 400, "interval should be divided exactly by 10s")
        rules = {each["uid"]: self._rule(each, folder, name) for each in body["rules"]}
        titles = [each["title"] for each in rules.values()]
        need(
            len(set(titles)) == len(titles), 400, "a conflicting alert rule is found: rule title under the same folder"
        )
        here = {uid for uid, each in self.rules.items() if (each["folderUID"], each["ruleGroup"]) == (folder, name)}
        moved = {uid for place, uid in enumerate(rules) if self.places.get(uid, place) != place}
        changed = {uid: each for uid, each in rules.items() if self._without_numbers(uid) != each or uid in moved}
        for uid in {*changed, *(here - set(rules))}:
            self._check_provenance(self.rules.get(uid), provenance, "update")
        for uid in here - set(rules):
            del self.rules[uid]
        for each in changed.values():
            self.keep_rule(each, provenance)
        self.intervals[folder, name] = body["interval"]
        self.places |= {uid: place for place, uid in enumerate(rules)}
        return body

    def keep_rule(self, rule: Json, provenance: str = "") -> None:
        """Also what a person saves in the browser."""
        number, uid = self.rules.get(rule["uid"], {}).get("id") or self._number(), rule["uid"]
        kept = {"id": number, "orgID": 1, "updated": f"2026-11-29T00:00:{self._number() % 60:02}Z"}
        self.rules[uid] = RULE_DEFAULTS | rule | kept | ({"provenance": provenance} if provenance else {})
        self.versions.setdefault(uid, []).append(self.rules[uid])

    def _without_numbers(self, uid: str) -> Json:
        stored = self.rules.get(uid, {})
        return {key: value for key, value in stored.items() if key not in ("id", "orgID", "updated", "provenance")}

    def _rule(self, rule: Json, folder: str, name: str) -> Json:
        known(rule, RULE_FIELDS)
        need(UID.fullmatch(rule["uid"]), 400, "cannot create rule with UID: uid contains illegal characters")
        need(rule.get("title"), 400, "title is empty")
        need(all(rule.get(key) in values for key, values in STATES.items()), 400, "unknown state")
        data = [self._query(each) for each in rule["data"]]
        need(rule["condition"] in [each["refId"] for each in data], 400, "condition does not exist")
        told = {"__dashboardUid__", "__panelId__"} & set(rule.get("annotations", {}))
        need(len(told) != 1, 400, "both annotations __dashboardUid__ and __panelId__ must be specified")
        settings = rule.get("notification_settings")
        names = {each["name"] for each in self.points.values()}
        need(
            not settings or settings["receiver"] in names,
            400,
            f"receiver {settings and settings['receiver']} does not exist",
        )
        given = {key: value for key, value in rule.items() if key not in ("id", "orgID", "updated", "provenance")}
        lasting = DURATIONS.get(rule["for"], rule["for"])
        return RULE_DEFAULTS | given | {"data": data, "folderUID": folder, "ruleGroup": name, "for": lasting}

    def _query(self, query: Json) -> Json:
        known(query, {"refId", "queryType", "relativeTimeRange", "datasourceUid", "model"})
        span = query.get("relativeTimeRange", QUERY_DEFAULTS["relativeTimeRange"])
        is_right = query["datasourceUid"] == "__expr__" or span["from"] > span["to"]
        need(is_right, 400, "invalid relative time range")
        return QUERY_DEFAULTS | query | {"model": MODEL_DEFAULTS | query["model"]}

    def _drop_rule(self, uid: str, provenance: str) -> None:
        self._check_provenance(self.rules.get(uid), provenance, "delete")
        self.rules.pop(uid, None)
