"""Contact points, as the fake keeps them; and from where Grafana has a thing, which says who may change it."""

from dataclasses import dataclass, field

from tests.grafana.boards import Boards
from tests.grafana.refusals import Json, known, need

POINT_FIELDS = {"uid", "name", "type", "settings", "disableResolveMessage", "provenance"}


@dataclass
class Points(Boards):
    points: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)

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
