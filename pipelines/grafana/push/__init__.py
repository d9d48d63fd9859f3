"""Makes a Grafana have what is wanted, over its API: what is so already is not sent, so a second push makes no new version.

Every step reads, compares and perhaps sends; one that fails for the moment begins again with reading. So it does not matter
whether what gave no answer was done, whether somebody else pushes too, or where a push before was killed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pipelines.grafana.alerting import FOLDER
from pipelines.grafana.boards import TAG
from pipelines.grafana.push.alerts import API, Group, Point
from pipelines.grafana.push.api import DISABLE_PROVENANCE, ONE_OF_THE_TWO, Grafana, GrafanaError, NotNow, ReadOnly
from pipelines.grafana.push.boards import Board
from pipelines.grafana.push.things import Folder, Source, Thing
from pipelines.grafana.push.wanted import Wanted

OLDEST = (12, 2)  # the first Grafana that knows schemaVersion 42, in which the dashboards are written
TRIES, LONGEST_WAIT_SECONDS = 4, 60
CREATED, UPDATED, UNCHANGED, REMOVED, LEFT = "created", "updated", "unchanged", "removed", "left alone"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one thing."""

    kind: str
    uid: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """dry_run: read and compare only. prune: remove what was ours and is no longer wanted. secrets: send passwords again.

    retry_seconds: before the second try, then twice as long each time.
    """

    dry_run: bool = False
    prune: bool = False
    secrets: bool = False
    retry_seconds: float = 1


def push(grafana: Grafana, wanted: Wanted, options: Options = Options()) -> list[Pushed]:
    """Everything of ours, in the order in which each needs the one before. Errors: GrafanaError; then the rest is not done."""
    run = _Run(grafana, options)
    run.patiently(_check, grafana, wanted.plugin)
    done = [run.settle(each) for each in _things(wanted, options)]
    return [*done, *run.left_over(wanted)]


def _things(wanted: Wanted, options: Options) -> Iterator[Thing]:
    yield Folder(TAG, FOLDER)
    yield Source(wanted.source, options.secrets)
    yield from (Board(each, TAG) for each in wanted.boards)
    yield from map(Point, wanted.points)
    yield Group(wanted.rules, TAG)


class _Run:
    def __init__(self, grafana: Grafana, options: Options) -> None:
        self._grafana, self._options = grafana, options
        self.patiently: Callable[..., Any] = Retrying(
            stop=stop_after_attempt(TRIES), wait=self._wait, retry=retry_if_exception_type(NotNow), reraise=True
        )

    def settle(self, thing: Thing) -> Pushed:
        """What became of it is what the first try was about to do, as the next may find it done; the note is the last one's."""
        begun: list[Pushed] = []
        self.patiently(self._try, thing, begun)
        return replace(begun[0], note=begun[-1].note) if begun else Pushed(thing.kind, thing.uid, UNCHANGED)

    def _try(self, thing: Thing, begun: list[Pushed]) -> None:
        found = thing.find(self._grafana)
        if found is not None and thing.is_as_wanted(self._grafana, found):
            return
        if found is not None and thing.is_read_only(found):
            raise ReadOnly(
                f"{self._grafana.place}: the {thing.kind} {thing.uid} is not as wanted, and {ONE_OF_THE_TWO}"
            )
        note = thing.note(self._grafana, found) if found is not None else ""
        begun.append(Pushed(thing.kind, thing.uid, CREATED if found is None else UPDATED, note))
        if not self._options.dry_run:
            thing.send(self._grafana, found)

    def left_over(self, wanted: Wanted) -> list[Pushed]:
        """What was pushed once: it has a uid of ours, and stands where ours stand."""
        return [self._remove(*each) for each in self.patiently(_left_over, self._grafana, wanted)]

    def _remove(self, kind: str, uid: str, path: str) -> Pushed:
        if not self._options.prune:
            return Pushed(kind, uid, LEFT, "no longer wanted; --prune removes it")
        if not self._options.dry_run:
            self.patiently(_delete, self._grafana, path)
        return Pushed(kind, uid, REMOVED)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, NotNow) else 0
        return min(LONGEST_WAIT_SECONDS, max(asked, self._options.retry_seconds * 2 ** (state.attempt_number - 1)))


def _check(grafana: Grafana, plugin: str) -> None:
    """Errors: GrafanaError for what is no Grafana, one that is too old, and one that lacks the data source's plugin."""
    health = grafana.call("GET", "api/health")
    if not isinstance(health, dict) or "database" not in health:
        raise GrafanaError(f"{grafana.place} is no Grafana: it has no database; TRAILHOUSE_GRAFANA_URL leads elsewhere")
    version = health.get("version") or _hidden_version(grafana)
    found = re.match(r"(\d+)\.(\d+)", version)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        least = ".".join(map(str, OLDEST))
        raise GrafanaError(
            f"{grafana.place} is Grafana {version or '?'}: the dashboards need {least} or later; update it"
        )
    if grafana.find(f"api/plugins/{plugin}/settings") is None:
        todo = "install it and start Grafana again; compose.yaml and docs/grafana.md show how"
        raise GrafanaError(f"{grafana.place} lacks the plugin {plugin}, by which the dashboards read: {todo}")


def _hidden_version(grafana: Grafana) -> str:
    """Where strangers are not told."""
    return str(grafana.call("GET", "api/frontend/settings").get("buildInfo", {}).get("version", ""))


def _left_over(grafana: Grafana, wanted: Wanted) -> list[tuple[str, str, str]]:
    """(kind, uid, path by which it is removed)"""
    boards = grafana.call("GET", "api/search", params={"type": "dash-db", "folderUIDs": TAG, "limit": 5000})
    rules = grafana.call("GET", f"{API}/alert-rules")
    points = grafana.call("GET", f"{API}/contact-points")
    there = [(Board.kind, each["uid"], "api/dashboards/uid") for each in boards if each.get("folderUid") == TAG]
    there += [("alert rule", each["uid"], f"{API}/alert-rules") for each in rules if each["folderUID"] == TAG]
    there += [(Point.kind, each["uid"], f"{API}/contact-points") for each in points]
    ours = {each["uid"] for each in (*wanted.boards, *wanted.rules, *wanted.points)}
    gone = [each for each in there if each[1].startswith(f"{TAG}-") and each[1] not in ours]
    return [(kind, uid, f"{path}/{uid}") for kind, uid, path in gone]


def _delete(grafana: Grafana, path: str) -> None:
    try:
        grafana.call("DELETE", path, headers=DISABLE_PROVENANCE)
    except GrafanaError as error:
        if error.status != 404:  # somebody was faster, or an answer was lost
            raise
