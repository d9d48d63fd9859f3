"""Dashboards as Grafana keeps them: with versions, over which nobody writes unseen."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from pipelines.grafana.push.api import Grafana, GrafanaError
from pipelines.grafana.push.things import holds

Json = dict[str, Any]
MESSAGE = "trailhouse grafana push"  # begins what a version says of itself
BY_HAND = "was changed by hand; that stays among the dashboard's versions in Grafana"


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard. Each version says by a hash what was sent: so one that Grafana writes otherwise is not sent again."""

    made: Json
    folder: str
    kind: ClassVar[str] = "dashboard"
    OTHER_FORM: ClassVar[Json] = {"dashboard": {}, "meta": {}}  # saved by hand in Grafana's newer form, not shown here

    @property
    def uid(self) -> str:
        return self.made["uid"]

    def find(self, grafana: Grafana) -> Json | None:
        try:
            return grafana.find(f"api/dashboards/uid/{self.uid}")
        except GrafanaError as error:
            if error.status == httpx.codes.NOT_ACCEPTABLE:
                return self.OTHER_FORM
            raise

    def is_read_only(self, found: Json) -> bool:
        return bool(found["meta"].get("provisioned"))

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool:
        if found["meta"].get("folderUid") != self.folder:
            return False
        return holds(found["dashboard"], self.made) or self._last(grafana).get("message") == self._message()

    def note(self, grafana: Grafana, found: Json) -> str:
        """A first version has no message of its own in older Grafanas: it may be ours."""
        last = self._last(grafana)
        is_ours = last.get("version", 1) == 1 or str(last.get("message")).startswith(MESSAGE)
        return "" if is_ours and found != self.OTHER_FORM else f"version {last.get('version', '?')} {BY_HAND}"

    def send(self, grafana: Grafana, found: Json | None) -> None:
        """Over the version that was read: one that somebody saves meanwhile is looked at first."""
        known = {} if not found or "version" not in found["dashboard"] else {"version": found["dashboard"]["version"]}
        body = {"dashboard": self.made | known, "folderUid": self.folder, "message": self._message()}
        grafana.call("POST", "api/dashboards/db", body | {"overwrite": found == self.OTHER_FORM})

    def _message(self) -> str:
        text = json.dumps(self.made, sort_keys=True).encode()
        return f"{MESSAGE} {hashlib.sha256(text).hexdigest()[:16]}"

    def _last(self, grafana: Grafana) -> Json:
        """Its last version, which is a list alone or, in newer Grafanas, one inside an object."""
        said = grafana.find(f"api/dashboards/uid/{self.uid}/versions", limit=1) or []
        versions = said.get("versions", []) if isinstance(said, dict) else said
        return max(versions, key=lambda each: each["version"], default={})
