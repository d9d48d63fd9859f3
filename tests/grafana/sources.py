"""Folders and data sources, as the fake keeps them."""

from dataclasses import dataclass, field

from tests.grafana.refusals import UID, Counted, Json, known, need

SHOWN = {
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
SOURCE_FIELDS = SHOWN | {"jsonData", "secureJsonData", "uid", "version"}


@dataclass
class Sources(Counted):
    plugins: set[str] = field(default_factory=lambda: {"motherduck-duckdb-datasource", "grafana-postgresql-datasource"})
    folders: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, Json] = field(default_factory=dict)

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
            dict.fromkeys(SHOWN, "") | {"isDefault": False, "orgId": 1, "typeLogoUrl": "public/x"},
        )
        if body.get("isDefault"):
            for each in self.sources.values():
                each["isDefault"] = False
        self.secrets[uid] = secrets | body.get("secureJsonData", {})
        shown = {key: value for key, value in body.items() if key not in ("secureJsonData", "version")}
        self.sources[uid] = empty | shown | kept
