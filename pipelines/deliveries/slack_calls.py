"""A call of a Slack method, and what its answer means: done, refused, not now, or nobody knows.

Source: the SDK turns a page of HTML that came with status 200 into `ok: false`, so only an answer whose error is a code counts
as one; of `internal_error` and its like Slack itself says that a part may have been done.
"""

import re
from collections.abc import Callable

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from pipelines.deliveries.channel import DeliveryError, NotNow, Refused, Unknown

CODE = re.compile(r"[a-z][a-z0-9_]*")
LIMITED = ("ratelimited", "rate_limited")
UNSURE = ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org")
OF_THE_TOKEN = ("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired")
TODO = dict.fromkeys(OF_THE_TOKEN, "set TRAILHOUSE_SLACK_TOKEN to a bot token that is valid") | {
    "missing_scope": "give the app the scopes of docs/slack-app.yaml and install it again",
    "not_in_channel": "invite the app into the channel: /invite @Trailhouse",
    "channel_not_found": "write the channel's id, not its name, and invite the app into it: /invite @Trailhouse",
    "is_archived": "unarchive the channel, or let the report name another",
}


def call(method: Callable[..., SlackResponse], *words: str, **arguments: object) -> dict:
    """The answer. Errors: Refused, NotNow, Unknown; `from None`, as the SDK's own hold the whole request."""
    name = words[0] if words else method.__name__.replace("_", ".", 1)
    try:
        answer = method(*words, **arguments).data
        return answer if isinstance(answer, dict) else {}
    except SlackApiError as error:
        raise _told(name, error.response) from None
    except Exception as error:  # once the call has begun, whatever went wrong may have come after it was done
        raise Unknown(f"Slack's {name} gave no answer ({type(error).__name__})") from None


def _told(name: str, response: SlackResponse) -> DeliveryError:
    code = response.data.get("error", "") if isinstance(response.data, dict) else ""
    if response.status_code == 429 or code in LIMITED:
        return NotNow(f"Slack's {name} asks to wait (429)", _retry_after(response))
    is_answer = response.status_code == 200 and CODE.fullmatch(str(code)) is not None
    if not is_answer or code in UNSURE:
        what = code if is_answer else f"status {response.status_code}, not Slack's JSON"
        return Unknown(f"Slack's {name} gave no answer that tells ({what})")
    todo = TODO.get(code, "look the code up at docs.slack.dev")
    return Refused(
        f"Slack's {name} refuses: {code}{_scope(response)}; {todo}, then `trailhouse deliveries retry`", code
    )


def _scope(response: SlackResponse) -> str:
    needed = response.data.get("needed") if isinstance(response.data, dict) else None
    return f" (needs {needed})" if needed else ""


def _retry_after(response: SlackResponse) -> float:
    """A whole number of seconds; Slack's default where it is missing."""
    found = {name.lower(): value for name, value in response.headers.items()}.get("retry-after", "1")
    return float(found) if str(found).isdigit() else 1.0


def ts_of(reference: str) -> str:
    """Of a message's reference, <channel>/<ts>."""
    return reference.partition("/")[2]
