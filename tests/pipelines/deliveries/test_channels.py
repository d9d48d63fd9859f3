"""Which channel an address means, and where it goes without settings."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.config.channels import kind_of
from pipelines.deliveries import MessageError, Outbox, channel_of, deliver
from pipelines.deliveries.mail import Mail
from pipelines.deliveries.slack import Slack
from pipelines.deliveries.webhook import Webhook
from pipelines.settings import Settings
from tests.pipelines.deliveries.threads import thread

CANARY = "canary-0815"
ADDRESSES = {"C0123456789": Slack, "mailto:team@example.com": Mail, "https://example.com/hook?team=1": Webhook}
SETTINGS = {"SLACK_TOKEN": CANARY, "SMTP_HOST": "mail.example.com", "SMTP_FROM": "reports@example.com"}
SETTINGS |= {"SMTP_USER": "reports", "SMTP_PASSWORD": CANARY, "WEBHOOK_SECRET": CANARY}


@pytest.fixture
def unset(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    return environment


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_settings_everything_goes_to_the_outbox(unset, ledger, address):
    channel = channel_of(Settings(), address)
    assert isinstance(channel, Outbox)
    assert deliver(ledger, channel, replace(thread("ann"), channel=address)).counts == {"sent": 3}
    assert len(list((unset / "data" / "outbox" / "2026-11-26" / "daily").glob("*/*.json"))) == 3


@pytest.mark.parametrize("address", ADDRESSES)
def test_with_settings_the_address_chooses_and_no_secret_is_shown(unset, monkeypatch, caplog, address):
    caplog.set_level(logging.DEBUG)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"TRAILHOUSE_{name}", value)
    settings = Settings()
    assert type(channel_of(settings, address)) is ADDRESSES[address]
    assert CANARY not in repr(settings) + settings.model_dump_json() + caplog.text


def test_a_mail_server_without_a_sender_is_told(unset, monkeypatch):
    monkeypatch.setenv("TRAILHOUSE_SMTP_HOST", "mail.example.com")
    with pytest.raises(ValidationError, match="set TRAILHOUSE_SMTP_FROM"):
        Settings()


@pytest.mark.parametrize("address", ["C0ALERTS", "http://127.0.0.1:8080/x", "https://example.com"])
def test_an_address_has_a_kind(address):
    assert kind_of(address) == ("webhook" if ":" in address else "slack")


@pytest.mark.parametrize("name", ["#alerts", "alerts", "C1"])
def test_a_name_is_refused_with_where_the_id_stands(name):
    with pytest.raises(ValueError, match=f"'{name}' is not the id of a Slack channel; copy it from the foot"):
        kind_of(name)


WRONG = ["", "mail:team@example.com", "team@example.com", "mailto:team", "mailto:a@b.c,d@e.f", "mailto:a@b.c\nBcc: x"]
WRONG += ["http://example.com", "https://", "https://user:word@example.com", "ftp://example.com", "https://[::1"]
WRONG += ["https://example.com/#x", "https://example.com/" + "x" * 200, "https://example.com/\n"]


@pytest.mark.parametrize("address", WRONG)
def test_what_is_no_address_is_refused_with_the_forms(unset, address):
    with pytest.raises(MessageError, match=r"is no channel; write a Slack id such as C0123456789, mailto:"):
        channel_of(Settings(), address)
