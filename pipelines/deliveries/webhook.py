"""A webhook as a channel: a message is a signed POST of JSON with its files. Nobody can ask whether one arrived.

Source: standardwebhooks.com: HMAC-SHA256 of `id.timestamp.body`; the id is the same in every try, so a receiver can tell.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import SecretStr

from pipelines.deliveries.channel import LOOK, CannotRead, DeliveryError, Note, NotNow, Refused, Unit, Unknown
from pipelines.deliveries.messages import File, Message, Thread
from pipelines.deliveries.plan import content_hash
from pipelines.moments import now, utc

PREFIX = "whsec_"
BEFORE_THE_REQUEST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
OF_A_GATEWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)  # which does not know what became of it


class Webhook:
    settle_seconds, files_apart = 0.0, False

    def __init__(self, secret: SecretStr, timeout: float = 30, retry_seconds: float = 1) -> None:
        """A connection a POST: one that is kept may be gone by the next, which nobody could tell from an answer lost."""
        self._secret, self.retry_seconds = secret, retry_seconds
        self._how = {"timeout": timeout, "follow_redirects": False, "verify": httpx.create_ssl_context()}

    def address(self, thread: Thread) -> str:
        return thread.channel

    def send(self, unit: Unit, note: Note) -> str:
        """The reference is the id that the receiver gets."""
        note(unit.row.marker)
        self._post(unit, "trailhouse.message", unit.row.marker)
        return unit.row.marker

    def edit(self, unit: Unit) -> None:
        """Another POST, whose `unit` is that of the message with other words; the same words have the same id."""
        self._post(unit, "trailhouse.edited", f"{unit.row.marker}-{content_hash(unit.content)[:16]}")

    def _post(self, unit: Unit, kind: str, message_id: str) -> None:
        """Nothing is followed, and nothing of the answer read but its head."""
        body = json.dumps(_said(unit, kind), ensure_ascii=False).encode()
        headers = signed(self._secret, message_id, now() // 1_000_000, body)
        try:
            with httpx.stream("POST", unit.row.channel, content=body, headers=headers, **self._how) as answer:
                refusal = _refusal(answer)
        except BEFORE_THE_REQUEST as error:
            raise NotNow(f"the webhook cannot be reached ({type(error).__name__})") from None
        except (httpx.HTTPError, OSError) as error:
            raise Unknown(f"the webhook gave no answer ({type(error).__name__}); {LOOK}") from None
        if refusal is not None:
            raise refusal

    def find(self, unit: Unit) -> str | None:
        raise CannotRead(f"nobody can ask a webhook; {LOOK}")

    def finish(self, thread: Thread) -> None:
        """Nothing is left to do."""


def signed(secret: SecretStr, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers. timestamp: seconds since 1970; secret: any text, or whsec_ and the key in base64."""
    text = secret.get_secret_value()
    key = base64.b64decode(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else text.encode()
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _refusal(answer: httpx.Response) -> DeliveryError | None:
    """What an answer means that is not 2xx."""
    code = answer.status_code
    what = f"the webhook answers {code} {answer.reason_phrase}".strip()
    if answer.is_success:
        return None
    if code in OF_A_GATEWAY:
        return Unknown(f"{what}, of a gateway; {LOOK}")
    if answer.is_server_error or code in LATER:
        return NotNow(what, retry_after(answer.headers.get("retry-after", ""), utc(now())))
    return Refused(f"{what}; mend it, then `trailhouse deliveries retry`", str(code))


def retry_after(text: str, at: datetime) -> float:
    """Seconds from a Retry-After header, which has them or a date; 0 for what is neither."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - at).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _said(unit: Unit, kind: str) -> dict:
    row, message = unit.row, unit.content
    assert isinstance(message, Message), "files come with their message"
    data = {"report": row.report, "report_date": row.report_date, "unit": row.unit, "kind": row.kind}
    data |= {"parent": unit.parent or None, "person": row.person, "text": message.text, "blocks": message.blocks}
    data |= {"files": [_file(each) for each in message.files]}
    return {"type": kind, "timestamp": utc(row.planned_at).isoformat(), "data": data}


def _file(file: File) -> dict:
    about = {"name": file.name, "title": file.title, "bytes": len(file.content)}
    return about | {"content_base64": base64.b64encode(file.content).decode()}
