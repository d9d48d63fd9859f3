"""What a Grafana holds, and what it refuses: the rules of the fake, without HTTP.

Source: grafana.com/docs, the HTTP API's pages, and what the handlers behind them do. Everything gets the numbers, versions
and defaults that Grafana adds. A field of a request that Grafana would drop in silence is refused: it is a mistake of ours.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
PROXIED = {
    "name",
    "type",
    "access",
    "url",
    "user",
    "database",
    "basicAuth",
    "basicAuthUser",
    "withCredentials",
    "isDefault",
}
SOURCE_FIELDS = PROXIED | {"jsonData", "secureJsonData", "uid", "version"}
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
POINT_FIELDS = {"uid", "name", "type", "settings", "disableResolveMessage", "provenance"}


class No(Exception):
    """An answer that is not 2xx."""

    def __init__(self, code: int, message: str, more: Mapping[str, str]) -> None:
        super().__init__(message)
        self.code, self.said = code, {"message": message, **more}


def need(is_right: object, code: int, message: str, **more: str) -> None:
    if not is_right:
        raise No(code, message, more)


def known(body: Json, fields: set[str]) -> None:
    need(not set(body) - fields, 400, f"bad request data: {sorted(set(body) - fields)}")


@dataclass
class Stored:
    """older: as Grafana 12 answers. places: of rules in their group. versions: of a dashboard or rule; a test counts them."""

    version: str = "13.0.1"
    older: bool = False
    plugins: set[str] = field(default_factory=lambda: {"motherduck-duckdb-datasource", "grafana-postgresql-datasource"})
    folders: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, Json] = field(default_factory=dict)
    boards: dict[str, Json] = field(default_factory=dict)
    points: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    intervals: dict[tuple[str, str], int] = field(default_factory=dict)
    versions: dict[str, list[Json]] = field(default_factory=dict)
    numbers: int = 0

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any, provenance: str) -> Any:
        """Errors: No."""
        for (wanted, pattern), does in self._routes(query, body, provenance).items():
            found = re.fullmatch(pattern, path)
            if wanted == method and found:
                return deepcopy(does(*found.groups()))
        raise No(404, "Not found", {})

    def _routes(
        self, query: Mapping[str, str], body: Any, provenance: str
    ) -> dict[tuple[str, str], Callable[..., Any]]:
        alerting, uid = "/api/v1/provisioning", "([^/]+)"
        group = f"{alerting}/folder/{uid}/rule-groups/{uid}"
        return {
            ("GET", f"/api/plugins/{uid}/settings"): self._plugin,
            ("GET", "/api/frontend/settings"): lambda: {"buildInfo": {"version": self.version}},
            ("GET", f"/api/folders/{uid}"): self._folder,
            ("POST", "/api/folders"): lambda: self._add_folder(body),
            ("PUT", f"/api/folders/{uid}"): lambda uid: self._change_folder(uid, body),
            ("GET", f"/api/datasources/uid/{uid}"): self._source,
            ("POST", "/api/datasources"): lambda: self._add_source(body),
            ("PUT", f"/api/datasources/uid/{uid}"): lambda uid: self._change_source(uid, body),
            ("GET", f"/api/dashboards/uid/{uid}"): self._board,
            ("GET", f"/api/dashboards/uid/{uid}/versions"): lambda uid: self._versions(uid, int(query.get("limit", 0))),
            ("DELETE", f"/api/dashboards/uid/{uid}"): self._drop_board,
            ("POST", "/api/dashboards/db"): lambda: self._save_board(body),
            ("GET", "/api/search"): lambda: self._search(query),
            ("GET", f"{alerting}/contact-points"): lambda: list(self.points.values()),
            ("POST", f"{alerting}/contact-points"): lambda: self._add_point(body, provenance),
            ("PUT", f"{alerting}/contact-points/{uid}"): lambda uid: self._change_point(uid, body, provenance),
            ("DELETE", f"{alerting}/contact-points/{uid}"): self._drop_point,
            ("GET", f"{alerting}/alert-rules"): lambda: list(self.rules.values()),
            ("DELETE", f"{alerting}/alert-rules/{uid}"): lambda uid: self._drop_rule(uid, provenance),
            ("GET", group): self._group,
            ("PUT", group): lambda folder, name: self._replace_group(folder, name, body, provenance),
        }

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _plugin(self, plugin: str) -> Json:
        need(plugin in self.plugins, 404, "Plugin not found, no installed plugin with that id")
        return {"id": plugin, "enabled": True, "type": "datasource"}

    def _folder(self, uid: str) -> Json:
        need(uid in self.folders, 404, "folder not found", status="not-found")
        return self.folders[uid]

    def _add_folder(self, body: Json) -> Json:
        known(body, {"uid", "title", "parentUid", "description"})
        need(body.get("title"), 400, "folder title cannot be empty")
        need(UID.fullmatch(body["uid"]), 400, "uid contains illegal characters")
        need(body["uid"] not in self.folders, 409, "a folder/dashboard with the same uid already exists")
        self.folders[body["uid"]] = {"id": self._number(), "version": 1, "canSave": True, "url": "/f"} | body
        return self.folders[body["uid"]]

    def _change_folder(self, uid: str, body: Json) -> Json:
        known(body, {"title", "version", "overwrite", "description"})
        folder = self._folder(uid)
        is_last = body.get("overwrite") or body.get("version") == folder["version"]
        need(is_last, 412, "the folder has been changed by someone else", status="version-mismatch")
        folder.update(title=body["title"], version=folder["version"] + 1)
        return folder

    def _source(self, uid: str) -> Json:
        need(uid in self.sources, 404, "Data source not found")
        return self.sources[uid] | {"secureJsonFields": dict.fromkeys(self.secrets[uid], True)}

    def _add_source(self, body: Json) -> Json:
        self._check_source(body, "")
        need(body["uid"] not in self.sources, 409, "data source with the same uid already exists")
        self._keep_source(body, {"id": self._number(), "version": 1, "readOnly": False}, {})
        return {"message": "Datasource added", "datasource": self._source(body["uid"])}

    def _change_source(self, uid: str, body: Json) -> Json:
        old = self._source(uid)
        need(not old["readOnly"], 403, "Cannot update read-only data source")
        self._check_source(body, uid)
        stale = "Datasource has already been updated by someone else. Please reload and try again"
        need(body.get("version") in (0, old["version"]), 409, stale)
        kept = {"id": old["id"], "version": old["version"] + 1, "readOnly": False}
        self._keep_source(body, kept, self.secrets[uid])
        return {"message": "Datasource updated", "datasource": self._source(uid)}

    def _check_source(self, body: Json, uid: str) -> None:
        known(body, SOURCE_FIELDS)
        need(all(body.get(name) for name in ("name", "type", "access")), 400, "bad request data")
        others = [each["name"] for other, each in self.sources.items() if other != uid]
        need(body["name"] not in others, 409, "data source with the same name already exists")

    def _keep_source(self, body: Json, kept: Json, secrets: Json) -> None:
        uid, empty = (
            body["uid"],
            dict.fromkeys(PROXIED, "") | {"isDefault": False, "orgId": 1, "typeLogoUrl": "public/x"},
        )
        if body.get("isDefault"):
            for each in self.sources.values():
                each["isDefault"] = False
        self.secrets[uid] = secrets | body.get("secureJsonData", {})
        shown = {key: value for key, value in body.items() if key not in ("secureJsonData", "version")}
        self.sources[uid] = empty | shown | kept

    def _board(self, uid: str) -> Json:
        need(uid in self.boards, 404, "Dashboard not found")
        board = self.boards[uid]
        other = "dashboard api version not supported, use /apis/dashboard.grafana.app/v2/… instead"
        need(not board.get("other_form"), 406, other)
        meta = {
            "folderUid": board["folderUid"],
            "version": board["version"],
            "provisioned": board.get("provisioned", False),
        }
        return {"dashboard": board["made"] | {"id": board["id"], "version": board["version"]}, "meta": meta}

    def _save_board(self, body: Json) -> Json:
        known(body, {"dashboard", "folderUid", "message", "overwrite"})
        made, uid = body["dashboard"], body["dashboard"]["uid"]
        need(made.get("title"), 400, "Dashboard title cannot be empty", status="empty-name")
        need(UID.fullmatch(uid), 400, "uid contains illegal characters")
        need(len(body.get("message", "")) <= 500, 400, "message too long, max 500 characters")
        need(made.get("id") is None, 404, "Dashboard not found", status="not-found")
        need(body["folderUid"] in self.folders, 400, "folder not found")
        old = self.boards.get(uid)
        need(not (old or {}).get("provisioned"), 400, "Cannot save provisioned dashboard")
        is_last = old is None or body.get("overwrite") or made.get("version") == old["version"]
        need(is_last, 412, "The dashboard has been changed by someone else", status="version-mismatch")
        return self.keep_board(made, body["folderUid"], body.get("message", ""))

    def keep_board(self, made: Json, folder: str, message: str, **more: object) -> Json:
        """Also what a person saves in the browser."""
        old = self.boards.get(made["uid"], {"version": 0, "id": self._number()})
        version = old["version"] + 1
        kept = {key: value for key, value in made.items() if key not in ("id", "version")}
        self.boards[made["uid"]] = {"id": old["id"], "version": version, "made": kept, "folderUid": folder} | more
        shown = "Initial save" if self.older and version == 1 else message
        self.versions.setdefault(made["uid"], []).append({"version": version, "message": shown})
        return {"status": "success", "uid": made["uid"], "id": old["id"], "version": version, "folderUid": folder}

    def _versions(self, uid: str, limit: int) -> Any:
        need(uid in self.boards, 404, "Dashboard not found")
        newest = self.versions[uid][::-1][: limit or None]
        return newest if self.older else {"continueToken": "", "versions": newest}

    def _drop_board(self, uid: str) -> Json:
        need(uid in self.boards, 404, "Dashboard not found")
        need(not self.boards[uid].get("provisioned"), 400, "provisioned dashboard cannot be deleted")
        title = self.boards.pop(uid)["made"]["title"]
        return {"title": title, "message": f"Dashboard {title} deleted"}

    def _search(self, query: Mapping[str, str]) -> list[Json]:
        known(dict(query), {"type", "folderUIDs", "limit"})
        found = [(uid, each) for uid, each in self.boards.items() if each["folderUid"] == query["folderUIDs"]]
        rows = [{"uid": uid, "title": each["made"]["title"], "folderUid": each["folderUid"]} for uid, each in found]
        return rows[: int(query["limit"])]

    def _check_provenance(self, old: Json | None, given: str, operation: str) -> None:
        stored = (old or {}).get("provenance", "")
        wrong = f"cannot {operation} with provided provenance '{given}', needs '{stored}'"
        need(stored in ("", given), 409, wrong, messageId="alerting.provenanceMismatch")

    def _check_point(self, body: Json) -> None:
        known(body, POINT_FIELDS)
        need(body.get("type") == "email", 400, f"unknown receiver type: {body.get('type')}")
        need(body["settings"].get("addresses"), 400, "could not find addresses in settings")

    def _add_point(self, body: Json, provenance: str) -> Json:
        self._check_point(body)
        need(body["uid"] not in self.points, 409, f"Receiver configuration with UID '{body['uid']}' already exists")
        self.points[body["uid"]] = body | ({"provenance": provenance} if provenance else {})
        return self.points[body["uid"]]

    def _change_point(self, uid: str, body: Json, provenance: str) -> Json:
        self._check_point(body)
        need(uid in self.points, 404, f"contact point with uid '{uid}' not found")
        self._check_provenance(self.points[uid], provenance, "update")
        self.points[uid] = body | {"uid": uid} | ({"provenance": provenance} if provenance else {})
        return {"message": "contactpoint updated"}

    def _drop_point(self, uid: str) -> Json:
        need(uid in self.points, 404, f"contact point with uid '{uid}' not found")
        names = [each["name"] for each in self.points.values()]
        last = names.count(self.points[uid]["name"]) == 1
        told = {(each["notification_settings"] or {}).get("receiver") for each in self.rules.values()}
        need(not last or self.points[uid]["name"] not in told, 409, "contact point is in use")
        del self.points[uid]
        return {"message": "contactpoint deleted"}

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
