"""A message that is edited: against a Slack that rejects what Slack rejects."""

from dataclasses import replace

import pytest

from pipelines.deliveries import Message, Thread, deliver, deliver_all
from pipelines.ledger.deliveries import Deliveries
from tests.pipelines.deliveries.threads import CHANNEL, DAY
from tests.slack.fake import Fault

pytestmark = pytest.mark.xdist_group("slack")

POST, UPDATE = "chat.postMessage", "chat.update"


def thread(text: str, *replies: str) -> Thread:
    said = tuple(Message(each, each) for each in replies)
    return Thread("alerts/high", DAY, CHANNEL, Message("incident", text), said, edited=True)


def test_the_message_stands_where_it_was_with_other_words_and_is_found_by_the_same_key(ledger, slack):
    deliver(ledger, slack.channel(), thread("it burns & <smokes>", "details"))
    first = slack.control()["messages"][0]
    assert deliver(ledger, slack.channel(), thread("it is over", "details", "over")).is_complete
    now, *replies = slack.control()["messages"]
    assert (now["ts"], now["text"], now["edits"]) == (first["ts"], "it is over", 1)
    assert now["metadata"] == first["metadata"] and [each["text"] for each in replies] == ["details", "over"]
    assert deliver(ledger, slack.channel(), thread("it is over", "details", "over")).sent_now == 0
    assert slack.control()["calls"] == [POST, POST, UPDATE, POST]


FAULTS = [
    "error_before",
    "error_after",
    "drop_before",
    "drop_after",
    "html_after",
    "cut_after",
    "unsure_after",
    "limited",
]


@pytest.mark.parametrize("mode", FAULTS)
def test_an_edit_that_goes_wrong_holds_nothing_back_and_is_made_by_the_next_run(ledger, slack, mode):
    deliver(ledger, slack.channel(), thread("it burns"))
    slack.control(Fault(UPDATE, mode))
    outcome = deliver(ledger, slack.channel(), thread("it is over", "over"))
    assert (outcome.counts, outcome.changed) == ({"sent": 2}, 1) and "not edited" in outcome.problems[0]
    outcome = deliver(ledger, slack.channel(), thread("it is over", "over"))
    assert (outcome.changed, outcome.problems) == (0, ())
    assert slack.arrived() == {"it is over": 1, "over": 1}


def test_a_message_that_somebody_deleted_is_given_up_and_says_so(ledger, slack):
    deliver(ledger, slack.channel(), thread("it burns"))
    slack.control(messages=[])
    outcome = deliver(ledger, slack.channel(), thread("it is over"))
    assert outcome.changed == 0 and "message_not_found" in outcome.problems[0]
    calls = slack.control()["calls"]
    deliver(ledger, slack.channel(), thread("it is over"))
    assert slack.control()["calls"] == calls


def test_an_impatient_run_waits_for_nothing_and_the_next_one_goes_on(ledger, slack):
    slack.control(Fault(POST, "limited", seconds=30))
    (outcome,) = deliver_all(ledger, slack.channel(), [thread("it burns")], patient=False)
    assert outcome.counts == {"failed": 1}
    slack.control(Fault(POST, "drop_after"))
    (outcome,) = deliver_all(ledger, slack.channel(settle_seconds=600), [thread("it burns")], patient=False)
    assert outcome.counts == {"sent": 1}, "what is there already is found at once"
    assert slack.arrived() == {"it burns": 1}


def test_what_may_still_come_is_looked_for_again_and_not_sent_before_it_is_settled(ledger, slack):
    slack.control(Fault(POST, "drop_before"))
    (outcome,) = deliver_all(ledger, slack.channel(settle_seconds=600), [thread("it burns")], patient=False)
    assert outcome.counts == {"unknown": 1}
    before = Deliveries(ledger).chosen()
    (outcome,) = deliver_all(ledger, slack.channel(settle_seconds=600), [thread("it burns")], patient=False)
    assert outcome.counts == {"unknown": 1} and Deliveries(ledger).chosen() == before
    (outcome,) = deliver_all(ledger, slack.channel(settle_seconds=0), [thread("it burns")], patient=False)
    assert outcome.counts == {"sent": 1} and slack.arrived() == {"it burns": 1}


def test_a_thread_without_the_mark_is_never_edited(ledger, slack):
    deliver(ledger, slack.channel(), thread("it burns"))
    assert deliver(ledger, slack.channel(), replace(thread("it is over"), edited=False)).changed == 1
    assert UPDATE not in slack.control()["calls"]
