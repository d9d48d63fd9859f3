"""An alert through Slack in every mode of the fake: it arrives once, is resolved once, and nothing waits in a tick."""

import random
import time
from collections import Counter

import pytest

from pipelines.ledger.deliveries import Deliveries
from pipelines.monitors.send import send
from tests.faults.figures import Figures
from tests.pipelines.monitors.conftest import outside as outside  # the same fixture, for these ticks
from tests.pipelines.monitors.outside import START, ZONE, monitor
from tests.pipelines.monitors.rig import MONITORS, look, plans, play
from tests.slack.fake import Fault

pytestmark = pytest.mark.xdist_group("slack")

POST, UPDATE = "chat.postMessage", "chat.update"
MODES = ["error_before", "error_after", "unsure_after", "html_before", "html_after", "drop_before", "drop_after"]
MODES += ["cut_after", "limited"]
HIGH = {"high": monitor(channels=["C0123456789"])}


SETTLE_SECONDS = 0.05


def told(outside, slack) -> None:
    """A run, when what another run sent has settled."""
    time.sleep(SETTLE_SECONDS)
    channel = slack.channel(settle_seconds=SETTLE_SECONDS)
    send(outside.ledger, lambda _name: channel, ZONE, at=START * 2)


@pytest.mark.parametrize("method", [POST, UPDATE])
@pytest.mark.parametrize("mode", MODES)
def test_it_is_told_once_and_resolved_once(outside, slack, mode, method):
    slack.control(Fault(method, mode, skip=0 if method == UPDATE else 1))
    outside.look(0, HIGH, a=20)
    told(outside, slack)
    outside.look(1, HIGH, a=1)
    for _ in range(3):
        told(outside, slack)
    message, *replies = slack.control()["messages"]
    assert message["text"].startswith("✅ high") and [each["text"].split()[0] for each in replies] == ["name", "Over"]
    assert outside.alerts.unsent(START * 2) == []
    calls = slack.control()["calls"]
    told(outside, slack)
    assert slack.control()["calls"] == calls


def test_what_is_refused_blocks_no_other_and_goes_on_once_it_is_mended(outside, slack):
    both = HIGH | {"strange": monitor(channels=["C0STRANGER0"])}
    outside.look(0, both, a=20)
    told(outside, slack)
    assert len(slack.control()["messages"]) == 2
    assert outside.alerts.unsent(START * 2) == [], "stopped until somebody lets it through"
    slack.control(channels={"C0123456789": "member", "C0STRANGER0": "member"})
    deliveries = Deliveries(outside.ledger)
    assert deliveries.retry(deliveries.chosen()) == 1
    told(outside, slack)
    assert len(slack.control()["messages"]) == 4


def test_a_slack_that_is_down_for_long_gets_one_message_that_says_how_it_ended(outside, slack):
    slack.control(Fault(POST, "error_before", times=-1), Fault("conversations.history", "error_before", times=-1))
    for minute, value in enumerate((20, 30, 20, 1)):
        outside.look(minute, HIGH, a=value)
        told(outside, slack)
    slack.control(mend=True)
    for _ in range(3):
        told(outside, slack)
    message, *replies = slack.control()["messages"]
    assert message["text"].startswith("✅ high") and message.get("edits", 0) == 0 and len(replies) == 2


METHODS = (POST, UPDATE, "conversations.history", "conversations.replies")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_two_hundred_ticks_through_a_slack_that_fails_in_every_way(outside, slack, monkeypatch, lasting_report):
    figures = Figures("monitors, 200 ticks killed at every step while Slack goes wrong in every way")
    ticks(outside, slack, monkeypatch, figures, 200)
    lasting_report(figures)


def test_ticks_that_are_killed_while_slack_goes_wrong_tell_all_once(outside, slack, monkeypatch, report):
    figures = Figures("monitors, killed while Slack goes wrong")
    ticks(outside, slack, monkeypatch, figures, 20)
    assert figures.points > 5 and figures.acknowledged > 10
    report(figures)


def ticks(outside, slack, monkeypatch, figures: Figures, count: int) -> None:
    """In each tick two calls go wrong, each in one of all ways."""
    dice, planned = random.Random(3), plans(3, count)
    for name in MONITORS:
        monkeypatch.setitem(MONITORS, name, MONITORS[name].model_copy(update={"channels": HIGH["high"].channels}))

    def tell() -> None:
        slack.control(
            *(Fault(dice.choice(METHODS), dice.choice(MODES), dice.randint(0, 1)) for _ in range(2)), mend=True
        )
        told(outside, slack)

    play(outside, planned, figures, monkeypatch, Counter(), tell)
    slack.control(mend=True)
    for _ in range(5):
        told(outside, slack)
    assert outside.alerts.unsent(START * 2) == []
    keys = {row.marker: row.unit for row in Deliveries(outside.ledger).chosen()}
    messages = [(keys[each["metadata"]["event_payload"]["key"]], each["text"]) for each in slack.control()["messages"]]
    look(outside, planned, Counter(unit for unit, _ in messages), figures, dict(messages))
