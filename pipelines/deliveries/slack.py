"""Slack as a channel: a message is one call, and is found again by our key in its metadata. Files: see slack_files.

Source: the SDK's default client posts again after a connection that dropped when the message had been taken; so what sends
has no retry handler at all: `deliver` tries again, and the ledger knows.
"""

import time
from collections.abc import Iterator

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from pipelines.config.channels import CHANNEL_ID, WHERE_TO_FIND
from pipelines.deliveries.blocks import escape, escaped
from pipelines.deliveries.channel import Gone, Note, Refused, Unit, Unknown
from pipelines.deliveries.messages import Message, MessageError, Thread
from pipelines.deliveries.slack_calls import call, ts_of
from pipelines.deliveries.slack_files import Files

EVENT_TYPE = "trailhouse_delivery"
CLOCKS_DIFFER_SECONDS = 3600  # Slack's and ours, at most
PAGE = 200
OF_UPDATE = ("channel", "text", "blocks", "metadata")
NOT_EDITABLE = ("message_not_found", "cant_update_message", "edit_window_closed")


class Slack:
    """settle_seconds: longer than any call takes, on our side (`timeout`) and then on Slack's; pace_seconds: Slack takes about
    one message a second and channel."""

    files_apart = True

    def __init__(
        self,
        token: SecretStr,
        base_url: str = WebClient.BASE_URL,
        timeout: int = 30,
        settle_seconds: float = 60,
        pace_seconds: float = 1,
        retry_seconds: float = 1,
    ) -> None:
        secret, limited = token.get_secret_value(), RateLimitErrorRetryHandler(max_retry_count=5)
        self._writer = WebClient(secret, base_url, timeout, retry_handlers=[])
        self._reader = WebClient(secret, base_url, timeout, retry_handlers=[limited])
        self._files = Files(self._writer, self._reader, self._keep_pace)
        self.settle_seconds, self.retry_seconds = settle_seconds, retry_seconds
        self._pace_seconds, self._free_at = pace_seconds, 0.0

    def address(self, thread: Thread) -> str:
        if not CHANNEL_ID.fullmatch(thread.channel):
            what = f"report '{thread.report}': '{thread.channel}' is not the id of a Slack channel"
            raise MessageError(f"{what}; {WHERE_TO_FIND}")
        return thread.channel

    def send(self, unit: Unit, note: Note) -> str:
        if isinstance(unit.content, Message):
            return self._post(unit, unit.content)
        return self._files.upload(unit, unit.content, note)

    def edit(self, unit: Unit) -> None:
        """Source: chat.update takes no word on previews; what is not given of blocks and metadata stays as it was."""
        if not isinstance(unit.content, Message):
            raise Gone("a file cannot be edited")
        said = {name: value for name, value in _body(unit, unit.content).items() if name in OF_UPDATE}
        said |= {"ts": ts_of(unit.row.reference), "blocks": said.get("blocks", [])}
        self._keep_pace()
        try:
            call(self._writer.api_call, "chat.update", json=said)
        except Refused as error:
            raise (Gone(str(error), error.code) if error.code in NOT_EDITABLE else error) from None

    def find(self, unit: Unit) -> str | None:
        look = self._find_message if isinstance(unit.content, Message) else self._files.find
        waits = wait_exponential(multiplier=self.retry_seconds, max=5)
        retrying = Retrying(
            stop=stop_after_attempt(3), wait=waits, retry=retry_if_exception_type(Unknown), reraise=True
        )
        return retrying(look, unit)

    def finish(self, thread: Thread) -> None:
        """Nothing is left to do."""

    def _post(self, unit: Unit, message: Message) -> str:
        self._keep_pace()
        answer = call(self._writer.api_call, "chat.postMessage", json=_body(unit, message))
        if "ts" not in answer:
            raise Unknown("Slack's chat.postMessage said ok, and not where the message is")
        return f"{unit.row.channel}/{answer['ts']}"

    def _find_message(self, unit: Unit) -> str | None:
        for each in self._messages(unit):
            metadata = each.get("metadata", {})
            if metadata.get("event_type") == EVENT_TYPE and metadata["event_payload"].get("key") == unit.row.marker:
                return f"{unit.row.channel}/{each['ts']}"
        return None

    def _messages(self, unit: Unit) -> Iterator[dict]:
        """Of the thread for what is in one, else of the channel, since it was planned."""
        oldest = f"{unit.row.planned_at / 1e6 - CLOCKS_DIFFER_SECONDS:.6f}"
        where = {"channel": unit.row.channel, "oldest": oldest, "limit": PAGE, "include_all_metadata": True}
        method, cursor = self._reader.conversations_history, None
        if unit.parent:
            method, where = self._reader.conversations_replies, where | {"ts": ts_of(unit.parent)}
        while cursor != "":
            answer = call(method, **where, cursor=cursor)
            yield from answer.get("messages", ())
            cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")

    def _keep_pace(self) -> None:
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        self._free_at = time.monotonic() + self._pace_seconds


def _body(unit: Unit, message: Message) -> dict:
    row = unit.row
    payload = {"key": row.marker, "report": row.report, "report_date": row.report_date}
    body = {"channel": row.channel, "text": escape(message.text), "mrkdwn": False}
    body |= {"unfurl_links": False, "unfurl_media": False}
    body |= {"metadata": {"event_type": EVENT_TYPE, "event_payload": payload}}
    body |= {"blocks": [escaped(block) for block in message.blocks]} if message.blocks else {}
    return body | ({"thread_ts": ts_of(unit.parent)} if unit.parent else {})
