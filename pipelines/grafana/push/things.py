"""What is kept in Grafana, a class a kind: where it is read, when it is as wanted, how it is sent.

Grafana adds to what it stores (numbers, versions, defaults) and leaves out what is empty, so only what is wanted is compared. All
here are known by uid, and nothing else is ever touched.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pipelines.grafana.engines import ENGINES
from pipelines.grafana.push.api import Grafana, GrafanaError

Json = dict[str, Any]


class Thing(Protocol):
    """`found` is what `find` gave."""

    kind: ClassVar[str]

    @property
    def uid(self) -> str: ...

    def find(self, grafana: Grafana) -> Json | None: ...

    def is_read_only(self, found: Json) -> bool:
        """Grafana has it from its own files."""
        ...

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool: ...

    def note(self, grafana: Grafana, found: Json) -> str:
        """What whoever sends it over this should know."""
        ...

    def send(self, grafana: Grafana, found: Json | None) -> None: ...


def holds(theirs: Any, ours: Any) -> bool:
    """Whether all that is ours is there. Lists must be equally long; what is empty need not be there."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(holds(theirs.get(key), value) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(holds, theirs, ours))
    return theirs == ours or (theirs is None and not ours)


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str
    kind: ClassVar[str] = "folder"

    def find(self, grafana: Grafana) -> Json | None:
        return grafana.find(f"api/folders/{self.uid}")

    def is_read_only(self, found: Json) -> bool:
        return False

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool:
        return found["title"] == self.title

    def note(self, grafana: Grafana, found: Json) -> str:
        return f"was called {found['title']}"

    def send(self, grafana: Grafana, found: Json | None) -> None:
        if found is None:
            grafana.call("POST", "api/folders", {"uid": self.uid, "title": self.title})
        else:
            grafana.call("PUT", f"api/folders/{self.uid}", {"title": self.title, "overwrite": True})


@dataclass(frozen=True, slots=True)
class Source:
    """made: as a provisioning file has it. Which source is the default stays what it is: that is for people to choose.

    again: send its passwords, which Grafana shows to nobody, though it has some.
    """

    made: Json
    again: bool = False
    kind: ClassVar[str] = "data source"
    SHOWN: ClassVar[tuple[str, ...]] = ("name", "type", "access", "url", "user", "jsonData")

    @property
    def uid(self) -> str:
        return self.made["uid"]

    def find(self, grafana: Grafana) -> Json | None:
        """Errors: GrafanaError also of one that has our uid and can be none of ours."""
        found = grafana.find(f"api/datasources/uid/{self.uid}")
        if found and found["type"] not in {engine.plugin for engine in ENGINES.values()}:
            what = f"{grafana.place}: the data source with uid {self.uid!r} is a {found['type']}, which somebody made by hand"
            raise GrafanaError(f"{what}; give that one another uid, for the dashboards know theirs by this one")
        return found

    def is_read_only(self, found: Json) -> bool:
        return bool(found.get("readOnly"))

    def is_as_wanted(self, grafana: Grafana, found: Json) -> bool:
        has = {name for name, is_set in found.get("secureJsonFields", {}).items() if is_set}
        return holds(found, self._shown()) and set(self._secret()) <= has and not (self.again and self._secret())

    def note(self, grafana: Grafana, found: Json) -> str:
        return "with its passwords" if self._secret() else ""

    def send(self, grafana: Grafana, found: Json | None) -> None:
        body = self._shown() | {"uid": self.uid, "secureJsonData": self._secret()}
        if found is None:
            grafana.call("POST", "api/datasources", body | {"isDefault": False})
        else:
            kept = {"isDefault": found["isDefault"], "version": found["version"]}
            grafana.call("PUT", f"api/datasources/uid/{self.uid}", body | kept)

    def _shown(self) -> Json:
        return {name: self.made[name] for name in self.SHOWN if name in self.made}

    def _secret(self) -> Json:
        return self.made.get("secureJsonData", {})
