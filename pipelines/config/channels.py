"""How a channel is written in config/*.yaml: by Slack's id of it, which stays when somebody renames the channel."""

import re
from typing import Annotated

from pydantic import AfterValidator

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}")
WHERE_TO_FIND = "copy it from the foot of the channel's details, it looks like C0123456789"


def _is_an_id(channel: str) -> str:
    if not CHANNEL_ID.fullmatch(channel):
        raise ValueError(f"'{channel}' is not the id of a Slack channel; {WHERE_TO_FIND}")
    return channel


Channel = Annotated[str, AfterValidator(_is_an_id)]
