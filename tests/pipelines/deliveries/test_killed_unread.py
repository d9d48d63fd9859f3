"""A run into a channel that nobody can ask is killed at every commit, and before and after every call: nothing arrives twice.

What is not known stays unknown and visible, until a person who looked says what it is; then the next run ends it.
"""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.deliveries import Channel, deliver
from pipelines.deliveries.mail import Mail, Server
from pipelines.deliveries.webhook import Webhook
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.faults.breaks import put
from tests.faults.figures import Figures, assert_noticed
from tests.faults.rig import folder_in_memory
from tests.pipelines.deliveries.mail_server import SENDER, TEAM, MailServer
from tests.pipelines.deliveries.threads import thread
from tests.pipelines.deliveries.webhook_server import SECRET, WebhookServer

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@dataclass
class Way:
    """A channel, its address, and what has arrived there so far, by text."""

    channel: Channel
    address: str
    arrived: Callable[[], list[str]]

    def send(self, folder: Path) -> None:
        with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
            deliver(ledger, self.channel, replace(thread("ann"), channel=self.address))


@pytest.fixture(params=["mail", "webhook"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    if request.param == "mail":
        server = MailServer()
        channel = Mail(Server("127.0.0.1", SENDER, server.port, "none"))
        yield Way(channel, f"mailto:{TEAM}", lambda: [each["Subject"] for each in server.mails])
    else:
        server = WebhookServer()
        yield Way(Webhook(SecretStr(SECRET)), server.url, lambda: [each["data"]["text"] for _, each in server.taken])
    server.stop()


def killed(way: Way, folder: Path, at: int) -> bool:
    """Whether a fork that sends came to its step `at`, and died there."""
    process = os.fork()
    if process == 0:
        try:
            _count(way, at)
            way.send(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def _count(way: Way, at: int) -> None:
    """A step is the moment before a commit or call, and the one after a call."""
    steps = iter(range(1, at + 1))

    def step() -> None:
        if next(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for where, name in ((Ledger, "change"), (type(way.channel), "send")):
        own = getattr(where, name)

        def counted(*words, own=own, name=name):
            step()
            done = own(*words)
            if name == "send":
                step()
            return done

        put(where, name, counted)


def kill_at_every_step(way: Way, figures: Figures, folder: Path) -> None:
    with figures.timed():
        while True:
            before, place = Counter(way.arrived()), folder / str(figures.points + 1)
            if not killed(way, place, figures.points + 1):
                return
            figures.points += 1
            way.send(place)
            _look(figures, place, Counter(way.arrived()) - before)
            _say_what_arrived(place, Counter(way.arrived()) - before)
            way.send(place)
            _look(figures, place, Counter(way.arrived()) - before)
            left = {text: state for text, state in _units(place).items() if state != "sent"}
            figures.tear(f"killed at step {figures.points}", [f"{text} is {state}" for text, state in left.items()])


def _units(folder: Path) -> dict[str, str]:
    """Text -> state, as the ledger has it."""
    said = {each.key: each.text for each in thread("ann").messages}
    with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
        return {said[row.unit]: row.state for row in Deliveries(ledger).chosen()}


def _look(figures: Figures, folder: Path, arrived: Counter[str]) -> None:
    states, where = _units(folder), f"killed at step {figures.points}"
    figures.acknowledged += list(states.values()).count("sent")
    figures.lost += sum(state == "sent" and not arrived[text] for text, state in states.items())
    figures.duplicated += sum(count - 1 for count in arrived.values())
    hidden = [text for text in arrived if states[text] not in ("sent", "unknown")]
    figures.tear(where, [f"{text} arrived, and is {states[text]}" for text in hidden])


def _say_what_arrived(folder: Path, arrived: Counter[str]) -> None:
    """As a person does who looked."""
    states = _units(folder)
    said = {each.text: each.key for each in thread("ann").messages}
    with closing(Ledger(f"sqlite:///{folder}/ledger.sqlite")) as ledger:
        deliveries = Deliveries(ledger)
        for text, state in states.items():
            say = deliveries.confirm if arrived[text] else deliveries.forget
            say(deliveries.chosen(unit=said[text]) if state == "unknown" else [])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory, where there is any: a kill takes nothing from the page cache, so the disk has no part in it."""
    made = folder_in_memory()
    yield made or tmp_path
    if made:
        shutil.rmtree(made)


def test_killed_at_every_step_nothing_arrives_twice_and_what_is_unknown_says_so(way, folder, record_property):
    figures = Figures(f"send to a {type(way.channel).__name__.lower()}, killed at every step")
    kill_at_every_step(way, figures, folder)
    record_property("figures", figures.line())
    assert figures.points == 11 and not figures.harm, figures.what


@pytest.mark.parametrize("way", ["mail"], indirect=True)
def test_taking_what_cannot_be_asked_for_not_there_is_noticed(way, folder, monkeypatch):
    monkeypatch.setattr(type(way.channel), "find", lambda _self, _unit: None)
    figures = Figures("control take it for not there")
    kill_at_every_step(way, figures, folder)
    assert_noticed(figures)
