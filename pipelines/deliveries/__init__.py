"""Sends threads of messages and files, each unit once; it knows no report by name.

outcome = deliver(ledger, channel_of(settings), Thread("daily", day, "C0123456789", parent, replies), person_of)
"""

from pipelines.deliveries.channel import Channel, DeliveryError
from pipelines.deliveries.deliver import Outcome, deliver
from pipelines.deliveries.messages import File, Message, MessageError, Thread
from pipelines.deliveries.outbox import Outbox

__all__ = ["Channel", "DeliveryError", "File", "Message", "MessageError", "Outbox", "Outcome", "Thread", "deliver"]
