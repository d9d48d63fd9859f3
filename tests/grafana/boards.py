"""Dashboards and their versions, as the fake keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.grafana.refusals import UID, Json, known, need
from tests.grafana.sources import Sources


@dataclass
class Boards(Sources):
    """older: versions as Grafana 12 tells them."""

    older: bool = False
    boards: dict[str, Json] = field(default_factory=dict)

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
