"""A token that is a canary: it may be in requests to Slack, and nowhere else."""

import logging
import traceback
from pathlib import Path

import pytest

from pipelines.deliveries import DeliveryError, Outbox, channel_of, deliver
from pipelines.deliveries.slack import Slack
from pipelines.deliveries.slack_calls import call
from pipelines.settings import Settings
from tests.pipelines.deliveries.threads import thread
from tests.slack.fake import Fault
from tests.slack.program import slack_at

pytestmark = pytest.mark.xdist_group("slack")

CANARY = "xoxb-canary-1234567890"
MODES = ("drop_after", "html_before", "error_after", "cut_after", "limited")
METHODS = ("chat.postMessage", "files.getUploadURLExternal", "upload", "files.completeUploadExternal", "files.info")


def test_no_log_error_outcome_or_file_holds_the_token(ledger, slack, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for mode in MODES:
        slack.control(*[Fault(method, mode) for method in METHODS], token=CANARY)
        said.append(repr(deliver(ledger, slack_at(slack.url, CANARY), thread("ann", report=mode))))
    slack.control(revoked=True)
    said.append(repr(deliver(ledger, slack_at(slack.url, CANARY), thread("ann", report="revoked"))))
    assert "token_revoked" in said[-1] and "chat.postMessage" in caplog.text
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert b"token_revoked" in b"".join(files)
    assert CANARY not in "\n".join([*said, caplog.text]) and CANARY.encode() not in b"".join(files)


def test_no_traceback_holds_the_token_or_an_upload_address(slack):
    channel = slack_at(slack.url, CANARY)
    with pytest.raises(DeliveryError) as refused:
        call(channel._writer.api_call, "chat.postMessage", json={})
    with pytest.raises(DeliveryError) as broken:
        channel._files._post_bytes(f"{slack.url}upload/F404", b"x")
    for error in (refused.value, broken.value):
        assert CANARY not in "".join(traceback.format_exception(error))
    assert "F404" not in str(broken.value) and broken.value.__suppress_context__


@pytest.mark.parametrize("name", ["TRAILHOUSE_SLACK_TOKEN", "SLACK_BOT_TOKEN"])
def test_a_token_in_the_environment_chooses_slack_and_is_not_shown(environment: Path, monkeypatch, name):
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    assert isinstance(channel_of(Settings(), "C0123456789"), Outbox)
    monkeypatch.setenv(name, "  ")
    assert isinstance(channel_of(Settings(), "C0123456789"), Outbox)
    monkeypatch.setenv(name, CANARY)
    settings = Settings()
    assert isinstance(channel_of(settings, "C0123456789"), Slack)
    assert CANARY not in repr(settings) and CANARY not in settings.model_dump_json()
