"""Files in Slack: three steps of our own, then a look whether Slack has shared it. It is found again by Slack's id of it.

Source: the SDK's upload ignores retry handlers; Slack at times says ok and shares late, or never.
"""

from collections.abc import Callable
from urllib.request import Request, urlopen

from slack_sdk import WebClient

from pipelines.deliveries.channel import DeliveryError, Note, NotNow, Refused, Unit, Unknown
from pipelines.deliveries.messages import File
from pipelines.deliveries.slack_calls import call, ts_of

GONE = ("file_not_found", "file_deleted")


class Files:
    """Of one Slack. keep_pace: waits until the channel takes another message."""

    def __init__(self, writer: WebClient, reader: WebClient, keep_pace: Callable[[], None]) -> None:
        self._writer, self._reader, self._keep_pace = writer, reader, keep_pace

    def upload(self, unit: Unit, file: File, note: Note) -> str:
        """Until the last step nothing can be seen, so what fails before it is known not to be there."""
        self._discard(unit.row.reference)
        size = len(file.content)
        ticket = _surely_not(lambda: call(self._writer.files_getUploadURLExternal, filename=file.name, length=size))
        note(ticket["file_id"])
        _surely_not(lambda: self._post_bytes(ticket["upload_url"], file.content))
        self._keep_pace()
        self._complete(unit, [{"id": ticket["file_id"], "title": file.title}])
        return self._verified(unit, ticket["file_id"])

    def _complete(self, unit: Unit, files: list[dict]) -> None:
        """A proxy may have answered for Slack that the bytes were taken: then Slack has no such file."""
        where = {"channel_id": unit.row.channel, "thread_ts": ts_of(unit.parent)}
        try:
            call(self._writer.files_completeUploadExternal, files=files, **where)
        except Refused as error:
            raise (NotNow(str(error)) if error.code in GONE else error) from None

    def _verified(self, unit: Unit, file_id: str) -> str:
        """Slack at times says ok and shares late, or never."""
        try:
            shared = self._is_shared(unit, file_id)
        except DeliveryError as error:
            raise Unknown(f"Slack said ok, but {error}") from None
        if not shared:
            raise Unknown("Slack said ok, and has not shared the file yet")
        return file_id

    def find(self, unit: Unit) -> str | None:
        """Without an id nothing was uploaded: it is noted before the bytes are sent."""
        is_there = unit.row.reference and self._is_shared(unit, unit.row.reference)
        return unit.row.reference if is_there else None

    def _is_shared(self, unit: Unit, file_id: str) -> bool:
        try:
            file = call(self._reader.files_info, file=file_id).get("file", {})
        except Refused as error:
            if error.code in GONE:
                return False
            raise
        return any(unit.row.channel in shares for shares in file.get("shares", {}).values())

    def _discard(self, file_id: str) -> None:
        """What an earlier try uploaded and Slack never shared must not be shared later, beside the one to come."""
        try:
            if file_id:
                call(self._writer.files_delete, file=file_id)
        except Refused as error:
            if error.code not in GONE:
                raise

    def _post_bytes(self, url: str, content: bytes) -> None:
        if not url.startswith(self._writer.base_url.partition("://")[0] + "://"):
            raise Refused("Slack's upload address is of another kind than its methods'; check TRAILHOUSE_SLACK_URL")
        head = {"Content-Type": "application/octet-stream"}
        try:
            with urlopen(Request(url, content, head, method="POST"), timeout=self._writer.timeout) as answer:
                answer.read()
        except Exception as error:  # nothing of the address may be told: it is as good as a token
            raise NotNow(f"the upload's bytes were not taken ({type(error).__name__})") from None


def _surely_not(step: Callable):
    """A step after which nothing can be seen yet. Errors: Refused, NotNow."""
    try:
        return step()
    except Unknown as error:
        raise NotNow(str(error)) from None
