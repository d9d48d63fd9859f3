"""How config/*.yaml says where something goes: an id of Slack, mailto:team@example.com, or the https:// address of a webhook."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator

MAIL = "mailto:"
MAIL_ADDRESS = re.compile(r"mailto:[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}")
SLACK_NAME = re.compile(r"#?[\w-]+")
WHERE_TO_FIND = "copy it from the foot of the channel's details, it looks like C0123456789"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST = 200

Kind = Literal["slack", "mail", "webhook"]


def kind_of(channel: str) -> Kind:
    """Errors: ValueError with the forms that there are."""
    if CHANNEL_ID.fullmatch(channel):
        return "slack"
    if MAIL_ADDRESS.fullmatch(channel):
        return "mail"
    if len(channel) <= LONGEST and _is_webhook(channel):
        return "webhook"
    if SLACK_NAME.fullmatch(channel):
        raise ValueError(f"'{channel}' is not the id of a Slack channel; {WHERE_TO_FIND}")
    forms = "a Slack id such as C0123456789, mailto:team@example.com, or https://… without a name, password or fragment"
    raise ValueError(f"'{channel}' is no channel; write {forms}")


def _is_webhook(channel: str) -> bool:
    """Unencrypted only within the machine; what an address carries beside host, path and query would stand in git and ledger."""
    try:
        parts = urlsplit(channel)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        return False
    return is_safe and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment and channel.isprintable()


def _known(channel: str) -> str:
    kind_of(channel)
    return channel


Channel = Annotated[str, AfterValidator(_known)]
