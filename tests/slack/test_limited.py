"""Slack asks to wait again and again: every unit of a long thread arrives once, and none before its time."""

from collections import Counter

import pytest

from pipelines.deliveries import deliver
from pipelines.deliveries.channel import NotNow
from pipelines.deliveries.slack import Slack
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.faults.figures import Figures, assert_noticed
from tests.pipelines.deliveries.threads import about, parent, thread
from tests.slack.fake import Fault
from tests.slack.program import Program

pytestmark = pytest.mark.xdist_group("slack")

POST = "chat.postMessage"
EVERY = 5  # call of Slack is answered by a 429
LONG = 20  # of these asks for a second, the others for no more than to try again


def send(slack: Program, ledger: Ledger, count: int, figures: Figures) -> None:
    """A thread of so many units while Slack limits it; what arrived is compared with what the ledger says."""
    users = [f"u-{number:04}" for number in range(count - 2)]  # beside the parent and its file
    limits = range(count // EVERY)
    faults = [Fault(POST, "limited", skip=(each + 1) * (EVERY - 1), seconds=each % LONG == LONG - 1) for each in limits]
    slack.control(*faults, reset=True)
    with figures.timed():
        outcome = deliver(ledger, slack.channel(), thread(*users))
    figures.points += len(limits)
    figures.acknowledged += outcome.counts.get("sent", 0)
    wanted = Counter([parent().text, "Daily report", *(about(user).text for user in users)])
    arrived = slack.arrived()
    figures.lost += (wanted - arrived).total()
    figures.duplicated += sum(max(arrived[each] - 1, 0) for each in wanted)
    figures.spurious += sum(count for each, count in arrived.items() if each not in wanted)
    figures.tear("the end", [f"{state}: {count}" for state, count in outcome.counts.items() if state != "sent"])


def attempts(ledger: Ledger) -> int:
    return sum(row.attempts - 1 for row in Deliveries(ledger).chosen())


def test_a_thread_of_which_every_fifth_call_is_limited(slack, ledger, report):
    figures = Figures("send, 60 units with 429s")
    send(slack, ledger, 60, figures)
    assert attempts(ledger) == figures.points == 12
    report(figures)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_thousand_units_of_which_every_fifth_call_is_limited(slack, ledger, lasting_report):
    figures = Figures("send, 1,000 units with 429s")
    send(slack, ledger, 1000, figures)
    assert attempts(ledger) == figures.points == 200
    lasting_report(figures)


def test_to_take_a_429_for_an_answer_is_noticed(slack, ledger, monkeypatch):
    figures, post = Figures("control take_a_429_for_an_answer"), Slack._post

    def broken(self: Slack, unit, message) -> str:
        try:
            return post(self, unit, message)
        except NotNow:
            return f"{unit.row.channel}/1700000000.000000"

    monkeypatch.setattr(Slack, "_post", broken)
    send(slack, ledger, 20, figures)
    assert_noticed(figures)
