"""Against a Slack on loopback that rejects what Slack rejects: what arrives, what is refused, and what is said of it."""

import time
from collections import Counter
from dataclasses import replace

import pytest
import yaml

from pipelines.deliveries import File, Message, MessageError, Thread, blocks, deliver
from pipelines.ledger.deliveries import Deliveries
from pipelines.settings import Settings
from tests.pipelines.deliveries.threads import CHANNEL, DAY, PDF, about, parent, thread
from tests.slack.fake import Fault
from tests.slack.program import Program
from tests.slack.workspace import SCOPES

pytestmark = pytest.mark.xdist_group("slack")

ARRIVED = {"41 new sign-ups": 1, "Daily report": 1, "ann has deployed again": 1, "bob has deployed again": 1}
POST, COMPLETE = "chat.postMessage", "files.completeUploadExternal"


def test_a_thread_arrives_once_and_a_run_the_next_minute_calls_nothing(ledger, slack):
    outcome = deliver(ledger, slack.channel(), thread("ann", "bob"))
    assert (outcome.counts, outcome.problems) == ({"sent": 4}, ())
    workspace = slack.control()
    first, *rest = workspace["messages"]
    assert slack.arrived() == ARRIVED
    assert [message["thread_ts"] for message in rest] == [first["ts"]] * 3
    assert [file["content"].encode("latin-1") for file in workspace["files"].values()] == [PDF]
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).sent_now == 0
    assert slack.control()["calls"] == workspace["calls"]


def test_the_reference_leads_to_the_message(ledger, slack):
    deliver(ledger, slack.channel(), thread())
    summary, pdf = Deliveries(ledger).chosen()
    workspace = slack.control()
    assert summary.reference == f"{CHANNEL}/{workspace['messages'][0]['ts']}"
    assert workspace["files"][pdf.reference]["title"] == "Daily report"


def test_texts_of_any_kind_and_length_are_taken(ledger, slack):
    hostile = "<script> & <!channel> <@U1> {{7*7}} ‮ 😀 " * 200
    long = Message("long", hostile * 20, blocks=tuple(blocks.section(hostile) for _ in range(60)))
    title = File("x <y>.pdf", "<!channel> & more", PDF)
    outcome = deliver(
        ledger, slack.channel(), Thread("daily", DAY, CHANNEL, replace(parent(), files=(title,)), (long,))
    )
    assert outcome.problems == () and outcome.is_complete


def test_a_channel_by_its_name_is_refused_before_anything_is_planned(ledger, slack):
    with pytest.raises(MessageError, match="'#general' is not the id of a Slack channel; copy it from"):
        deliver(ledger, slack.channel(), replace(thread(), channel="#general"))
    assert Deliveries(ledger).chosen() == [] and slack.control()["calls"] == []


REFUSALS = [
    ("token_revoked", {"revoked": True}, CHANNEL, "set TRAILHOUSE_SLACK_TOKEN"),
    ("missing_scope (needs chat:write)", {"scopes": ["files:write"]}, CHANNEL, "docs/slack-app.yaml"),
    ("not_in_channel", {}, "C0STRANGER0", "/invite @Trailhouse"),
    ("is_archived", {}, "C0ARCHIVED0", "unarchive"),
    ("channel_not_found", {}, "C0UNKNOWN00", "invite the app"),
]


@pytest.mark.parametrize(("code", "values", "channel", "todo"), REFUSALS, ids=[code for code, *_ in REFUSALS])
def test_a_refused_parent_holds_back_its_replies_and_says_what_to_do(ledger, slack, code, values, channel, todo):
    slack.control(**values)
    outcome = deliver(ledger, slack.channel(), replace(thread("ann"), channel=channel))
    assert outcome.counts == {"failed": 1, "planned": 2}
    assert code in outcome.problems[0] and todo in outcome.problems[0]
    assert "waits for its parent, which is failed" in outcome.problems[1]
    assert slack.control()["calls"] == [POST]


def test_what_was_refused_stays_stopped_until_it_is_let_through(ledger, slack):
    slack.control(revoked=True)
    deliver(ledger, slack.channel(), thread("ann", "bob"))
    slack.control(revoked=False)
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).counts == {"failed": 1, "planned": 3}
    deliveries = Deliveries(ledger)
    assert deliveries.retry(deliveries.chosen()) == 1
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).is_complete
    assert slack.arrived() == ARRIVED


def test_a_refused_reply_stops_alone(ledger, slack):
    slack.control(Fault(POST, "refused", skip=1, code="msg_blocks_too_long"))
    outcome = deliver(ledger, slack.channel(), thread("ann", "bob"))
    assert outcome.counts == {"sent": 3, "failed": 1}
    assert slack.arrived() == Counter(ARRIVED) - Counter(["ann has deployed again"])


def test_a_429_is_waited_for_as_long_as_slack_asks(ledger, slack):
    slack.control(Fault(POST, "limited", skip=1, times=2, seconds=1))
    started = time.monotonic()
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).is_complete
    assert time.monotonic() - started >= 2 and slack.arrived() == ARRIVED
    assert [row.attempts for row in Deliveries(ledger).chosen()] == [1, 1, 3, 1]


def test_a_429_that_does_not_end_is_a_known_failure_that_the_next_run_tries_again(ledger, slack):
    slack.control(Fault(POST, "limited", skip=1, times=5))
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).counts == {"sent": 3, "failed": 1}
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).sent_now == 1


def test_messages_keep_the_pace_of_a_channel(ledger, slack):
    started = time.monotonic()
    deliver(ledger, slack.channel(pace_seconds=0.5), thread("ann", "bob"))
    assert time.monotonic() - started >= 1.5


def test_an_unknown_one_stays_visible_where_slack_cannot_be_read_and_nothing_more_is_tried(ledger, slack):
    slack.control(Fault(POST, "drop_after", skip=1), Fault("conversations.replies", "error_before", times=-1))
    outcome = deliver(ledger, slack.channel(), thread("ann", "bob"))
    assert outcome.counts == {"sent": 2, "unknown": 1, "planned": 1}
    assert "cannot be read back" in outcome.problems[0] and "waits for the next run" in outcome.problems[1]
    slack.control(mend=True)
    assert deliver(ledger, slack.channel(), thread("ann", "bob")).is_complete
    assert slack.arrived() == ARRIVED


def test_without_the_right_to_read_an_unknown_one_stays_so_and_blocks_no_other(ledger, slack):
    slack.control(Fault(POST, "drop_after", skip=1), scopes=["chat:write", "files:write", "files:read"])
    outcome = deliver(ledger, slack.channel(), thread("ann", "bob"))
    assert outcome.counts == {"sent": 3, "unknown": 1} and "channels:history" in outcome.problems[0]
    assert slack.arrived() == ARRIVED


def test_a_file_that_slack_said_ok_to_and_never_shared_is_deleted_before_it_is_uploaded_again(ledger, slack):
    slack.control(Fault(COMPLETE, "never_shares", times=2))
    assert deliver(ledger, slack.channel(), thread()).is_complete
    assert [file["state"] for file in slack.control()["files"].values()] == ["deleted", "deleted", "complete"]
    assert slack.arrived()["Daily report"] == 1


def test_an_upload_whose_bytes_got_lost_is_known_not_to_be_there(ledger, slack):
    faults = [
        Fault("upload", "drop_before"),
        Fault("upload", "html_before"),
        Fault("files.getUploadURLExternal", "html_before"),
    ]
    slack.control(*faults)
    assert deliver(ledger, slack.channel(), thread()).is_complete
    assert Deliveries(ledger).chosen()[1].attempts == 4 and slack.arrived()["Daily report"] == 1


def test_a_message_is_found_again_beyond_the_first_page(ledger, slack):
    users = [f"u-{number}" for number in range(8)]
    slack.control(Fault(POST, "drop_after", skip=8))
    assert deliver(ledger, slack.channel(), thread(*users)).is_complete
    assert max(slack.arrived().values()) == 1 and slack.control()["calls"].count("conversations.replies") > 2


def test_a_person_merged_meanwhile_is_not_told_of_again(ledger, slack):
    deliver(ledger, slack.channel(), thread("ann"))
    merged = lambda person: "web/user/ann" if person == "web/user/carol" else person  # noqa: E731
    assert deliver(ledger, slack.channel(), thread("carol"), merged).sent_now == 0
    assert about("carol").text not in slack.arrived()


def test_a_broken_answer_of_any_kind_is_unknown_and_then_found(ledger, slack: Program):
    modes = ["error_after", "html_after", "cut_after", "unsure_after", "drop_after"]
    for number, mode in enumerate(modes):
        slack.control(Fault(POST, mode))
        assert deliver(
            ledger, slack.channel(), thread(report=f"daily {number}", summary=Message("s", mode))
        ).is_complete
    assert slack.arrived() == dict.fromkeys(modes, 1)


def test_the_manifest_asks_for_the_scopes_that_the_calls_need():
    manifest = yaml.safe_load((Settings().home / "docs" / "slack-app.yaml").read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {*SCOPES.values(), "groups:history"}
