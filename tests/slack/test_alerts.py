"""An alert through Slack in every mode of the fake: it arrives once, is resolved once, and nothing waits in a tick."""

import time

import pytest

from pipelines.monitors.send import send
from tests.pipelines.monitors.conftest import outside as outside  # the same fixture, for these ticks
from tests.pipelines.monitors.outside import START, ZONE, monitor
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
    from pipelines.ledger.deliveries import Deliveries

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
