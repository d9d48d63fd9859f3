"""Sends threads of messages and files, each unit once; it knows no report or monitor by name.

outcome = deliver(ledger, channel_of(settings), Thread("daily", day, "C0123456789", parent, replies), person_of)
"""

from pipelines.deliveries.channel import Channel, DeliveryError
from pipelines.deliveries.deliver import Outcome, deliver, deliver_all
from pipelines.deliveries.messages import File, Message, MessageError, Thread
from pipelines.deliveries.outbox import Outbox
from pipelines.settings import Settings

__all__ = [
    "Channel",
    "DeliveryError",
    "File",
    "Message",
    "MessageError",
    "Outbox",
    "Outcome",
    "Thread",
    "channel_of",
    "deliver",
    "deliver_all",
]


def channel_of(settings: Settings) -> Channel:
    """Slack where there is a token, else the outbox."""
    token = settings.slack_token
    if token is None or not token.get_secret_value().strip():
        return Outbox(settings.outbox_folder)
    from pipelines.deliveries.slack import Slack

    return Slack(token, settings.slack_url)
