"""`trailhouse monitors`: what fires, a test message the whole way, silences and acknowledgements."""

import json
import re

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.ledger import Ledger
from pipelines.ledger.alerts import Alerts, Changes, Note, Transition
from pipelines.moments import now
from pipelines.settings import Settings


@pytest.fixture
def alerts(environment) -> Alerts:
    return Alerts(Ledger(Settings().ledger_address))


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["monitors", *words])
    assert result.exit_code == code, result.output
    return result.output


def burn(alerts: Alerts) -> str:
    """Something fires; its incident."""
    fires = Transition("source_stale", '{"source": "web"}', "firing", now(), now(), 30_000.0)
    text, reply = "🔴 source_stale", "details"
    note = Note("i-1", "source_stale", '{"source": "web"}', "first", text, reply, '["C0ALERTS"]', now(), '["x"]')
    alerts.commit(Changes([fires], notes=[note]))
    return note.incident


def test_what_fires_is_listed(alerts):
    assert "signup" in said("list") and "quiet" in said("list")
    assert re.search(r"bad_state +│ warning +│ not set up", said("list"))
    burn(alerts)
    shown = said("list")
    assert re.search(r"source_stale +│ critical │ firing", shown)
    assert re.search(r'{"source": "web"} +│ firing', shown) and "i-1" in shown


def test_a_test_goes_the_whole_way_and_says_that_it_is_one(alerts, environment):
    assert "sent to C0ALERTS" in said("test", "deployment_slow")
    files = (environment / "data" / "outbox").glob("*/alerts/deployment_slow/C0ALERTS/*.json")
    texts = sorted(json.loads(path.read_text())["text"] for path in files)
    assert len(texts) == 3 and all("TEST, nothing is wrong:" in text for text in texts)
    assert sum(text.startswith("✅") for text in texts) == 1
    assert [each.state for each in alerts.transitions("deployment_slow")] == ["firing", "resolved"]
    assert "quiet" in said("list")


def test_a_silence_holds_for_a_while_and_for_its_labels(alerts):
    said("silence", "source_stale", "--label", "source=web", "--for", "2h", "--reason", "moving", "--by", "ann")
    (silence,) = alerts.silences(now())
    assert (silence.monitor, silence.labels, silence.author) == ("source_stale", '{"source": "web"}', "ann")
    assert alerts.silences(now() + 7_200_000_000) == []


def test_an_acknowledgement_is_of_what_is_open(alerts):
    incident = burn(alerts)
    assert "acknowledged by ann: i-1" in said("ack", "source_stale", "--by", "ann")
    assert alerts.acknowledged() == {incident: "ann"} and "ann" in said("list")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("test", "signups"), "no monitor 'signups'"),
        (("silence", "signups", "--reason", "x"), "no monitor 'signups'"),
        (("silence", "signup", "--reason", "x", "--for", "2 hours"), "is no duration"),
        (("silence", "signup", "--reason", "x", "--label", "source"), "write name=value"),
        (("ack", "nothing"), "nothing open is called 'nothing'"),
    ],
)
def test_a_mistake_says_what_would_be_right(alerts, words, what):
    assert what in " ".join(said(*words, code=2).replace("│", " ").split())
