"""A Grafana that fails for the moment, a push that is killed, three at once: in the end all is there once."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from pipelines.grafana.push import things
from pipelines.grafana.push.api import Grafana, NotNow
from pipelines.grafana.push.boards import Board
from pipelines.grafana.push.wanted import Wanted
from tests.faults.conftest import report as report  # the same fixture, for these rigs
from tests.faults.figures import Figures, assert_noticed
from tests.grafana.conftest import pushed, told
from tests.grafana.server import Server
from tests.grafana.stored import Stored
from tests.grafana.victim import push_until
from tests.slack.fake import Fault

WRITES = {
    "folder": "POST /api/folders",
    "data source": "POST /api/datasources",
    "dashboard": "POST /api/dashboards/db",
    "contact point": "POST /api/v1/provisioning/contact-points",
    "alert rules": "PUT /api/v1/provisioning/folder/trailhouse/rule-groups/trailhouse",
}
READS = {
    "health": "GET /api/health",
    "dashboard": "GET /api/dashboards/uid/trailhouse-overview",
    "what is left over": "GET /api/search",
}
STEPS = 2 * len(WRITES)  # before each, and right after it
NUMBERS = ("id", "version", "updated")


def picture(stored: Stored) -> dict[str, Any]:
    """Everything by kind and uid, without what Grafana counts."""
    kinds = ("folders", "sources", "boards", "points", "rules")
    found = {f"{kind} {uid}": each for kind in kinds for uid, each in getattr(stored, kind).items()}
    return {name: {key: value for key, value in each.items() if key not in NUMBERS} for name, each in found.items()}


def compare(figures: Figures, where: str, expected: dict[str, Any], stored: Stored) -> None:
    """lost: what is not there, or other than wanted; duplicated: versions more than one; spurious: what nobody wanted."""
    found = picture(stored)
    lost = [name for name, each in expected.items() if found.get(name) != each]
    spurious, more = set(found) - set(expected), {uid: len(each) - 1 for uid, each in stored.versions.items()}
    figures.points, figures.acknowledged = figures.points + 1, figures.acknowledged + len(found)
    figures.lost, figures.spurious = figures.lost + len(lost), figures.spurious + len(spurious)
    figures.duplicated += sum(more.values())
    figures.what += [f"{where}: lost {lost}, spurious {spurious}, more versions {more}"]


@pytest.fixture(scope="module")
def expected(small: Wanted) -> Iterator[dict[str, Any]]:
    with Server() as calm:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(calm.serve_forever, 0.01)
            pushed(calm, small)
            calm.shutdown()
        yield picture(calm.stored)


@pytest.mark.parametrize(
    "mode", ["error_before", "error_after", "gateway_after", "limited", "drop_after", "hang_after"]
)
@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_a_call_that_fails_for_the_moment_is_done_once(
    server: Server, small: Wanted, expected: dict[str, Any], call: str, mode: str
):
    server.faults = [Fault(call, mode, times=2, seconds=0.15 if mode == "hang_after" else 0)]
    figures = Figures(mode)
    assert set(told(pushed(server, small, timeout=0.1 if mode == "hang_after" else 5)).values()) == {"created"}
    compare(figures, call, expected, server.stored)
    assert server.faults[0].times < 2 and not figures.harm, figures.what


@pytest.mark.parametrize("mode", ["error_before", "limited", "drop_after"])
@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_so_is_a_question(server: Server, small: Wanted, call: str, mode: str):
    server.faults = [Fault(call, mode, times=2)]
    pushed(server, small)
    assert server.faults[0].times == 0


def test_what_does_not_come_right_is_told_after_four_tries(server: Server, small: Wanted):
    server.faults = [Fault(WRITES["data source"], "error_before", times=99)]
    with pytest.raises(NotNow, match=r"500 to POST /api/datasources \(Internal server error\); try again later"):
        pushed(server, small)
    assert server.calls.count(WRITES["data source"]) == 4


def test_a_grafana_that_asks_to_wait_is_waited_for(server: Server, small: Wanted):
    server.faults = [Fault(READS["health"], "limited", seconds=1)]
    figures = Figures("limited")
    with figures.timed():
        pushed(server, small)
    assert figures.seconds >= 1


def killed(name: str, steps: Iterable[int], server: Server, small: Wanted, expected: dict[str, Any]) -> Figures:
    """A push is killed at each of the steps, the next one ends what it began."""
    context, figures = get_context("forkserver"), Figures(name)
    context.set_forkserver_preload([push_until.__module__])
    with figures.timed():
        for step in steps:
            server.stored = Stored()
            victim = context.Process(target=push_until, args=(server.url, small, step))
            victim.start()
            victim.join()
            assert victim.exitcode == -signal.SIGKILL
            pushed(server, small)
            compare(figures, f"killed at step {step}", expected, server.stored)
    return figures


def test_a_push_that_was_killed_is_ended_by_the_next(
    server: Server, small: Wanted, expected: dict[str, Any], report: Callable[[Figures], None]
):
    report(killed("grafana push killed", range(1, STEPS + 1), server, small, expected))


def test_one_that_does_not_look_first_would_be_noticed(
    server: Server, small: Wanted, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    """The negative control."""
    monkeypatch.setattr(Board, "is_as_wanted", lambda *_: False)
    assert_noticed(killed("grafana push that does not compare", [STEPS], server, small, expected))


def test_three_at_once_make_everything_once(server: Server, small: Wanted, expected: dict[str, Any]):
    figures = Figures("three pushers")
    with ThreadPoolExecutor(3) as pushers:
        for _ in range(3):
            server.stored = Stored()
            rows = list(pushers.map(lambda _: told(pushed(server, small)), range(3)))
            compare(figures, "three at once", expected, server.stored)
            assert all(set(each) == set(rows[0]) for each in rows)
    assert not figures.harm, figures.what


def test_what_somebody_saves_between_reading_and_sending_is_looked_at_first(
    server: Server, small: Wanted, monkeypatch: pytest.MonkeyPatch
):
    """The version that is sent is that which was read, so Grafana refuses the first try, and the second knows of the change."""
    pushed(server, small)
    server.stored.boards["trailhouse-overview"]["made"] = {"title": "old", "uid": "trailhouse-overview"}
    server.stored.versions["trailhouse-overview"][-1]["message"] = "trailhouse grafana push 0"
    send, sends = Board.send, []

    def late(self: Board, grafana: Grafana, found: things.Json | None) -> None:
        if not sends:
            server.stored.keep_board({"uid": self.uid, "title": "By hand"}, "trailhouse", "")
        sends.append(found)
        send(self, grafana, found)

    monkeypatch.setattr(Board, "send", late)
    rows = pushed(server, small)
    assert len(sends) == 2 and server.stored.boards["trailhouse-overview"]["made"] == small.boards[0]
    assert any("changed by hand" in each.note for each in rows)
