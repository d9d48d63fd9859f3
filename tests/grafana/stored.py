"""What a Grafana holds, and what it refuses: the rules of the fake, without HTTP.

Source: grafana.com/docs, the HTTP API's pages, and what the handlers behind them do. Everything gets the numbers, versions
and defaults that Grafana adds. A field of a request that Grafana would drop in silence is refused: it is a mistake of ours.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.grafana.refusals import No
from tests.grafana.rules import Rules


@dataclass
class Stored(Rules):
    version: str = "13.0.1"

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
