"""Sends threads of messages and files, each unit once; it knows no report or monitor by name.

outcome = deliver(ledger, channel_of(settings, address), Thread("daily", day, address, parent, replies), person_of)
"""

from typing import TypeGuard

from pydantic import SecretStr

from pipelines.config.channels import kind_of
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


def channel_of(settings: Settings, address: str) -> Channel:
    """The one that the address of config/ names; the outbox where its settings are missing. Errors: MessageError."""
    try:
        make = {"slack": _slack, "mail": _mail, "webhook": _webhook}[kind_of(address)]
    except ValueError as error:
        raise MessageError(str(error)) from None
    return make(settings) or Outbox(settings.outbox_folder)


def _slack(settings: Settings) -> Channel | None:
    if not _is_set(settings.slack_token):
        return None
    from pipelines.deliveries.slack import Slack

    return Slack(settings.slack_token, settings.slack_url)


def _mail(settings: Settings) -> Channel | None:
    if not settings.smtp_host or not settings.smtp_from:
        return None
    from pipelines.deliveries.mail import Mail, Server

    login = settings.smtp_user, settings.smtp_password
    return Mail(Server(settings.smtp_host, settings.smtp_from, settings.smtp_port, settings.smtp_tls, *login))


def _webhook(settings: Settings) -> Channel | None:
    if not _is_set(settings.webhook_secret):
        return None
    from pipelines.deliveries.webhook import Webhook

    return Webhook(settings.webhook_secret)


def _is_set(secret: SecretStr | None) -> TypeGuard[SecretStr]:
    return secret is not None and bool(secret.get_secret_value().strip())
