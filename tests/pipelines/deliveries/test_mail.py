"""Against a mail server on loopback: what arrives, what is refused, what stays unknown, and what is said of it."""

import logging
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.deliveries import deliver
from pipelines.deliveries.mail import Mail, Server
from pipelines.ledger.deliveries import Deliveries
from tests.pipelines.deliveries.mail_server import LOGIN, SENDER, TEAM, MailServer
from tests.pipelines.deliveries.threads import PDF, parent
from tests.pipelines.deliveries.threads import thread as slack_thread

DROPPED = "SMTPServerDisconnected"


@pytest.fixture
def server() -> Iterator[MailServer]:
    started = MailServer()
    yield started
    started.stop()


def mail_to(server: MailServer, **changes) -> Mail:
    """As in earnest, but in a hurry."""
    where: dict = {"port": server.port, "tls": "none", "timeout": 10}
    return Mail(Server("127.0.0.1", SENDER, **(where | changes)), retry_seconds=0.01)


def thread(*users: str, text: str = "41 new sign-ups", report: str = "daily"):
    summary = replace(parent(text), key="summary")
    return replace(slack_thread(*users, report=report, summary=summary), channel=f"mailto:{TEAM}")


def test_a_thread_arrives_once_with_its_files_and_a_second_run_sends_nothing(ledger, server):
    outcome = deliver(ledger, mail_to(server), thread("ann", "bob"))
    assert (outcome.counts, outcome.problems) == ({"sent": 3}, ())
    first, *replies = server.mails
    assert (first["From"], first["To"], first["Subject"]) == (SENDER, TEAM, "41 new sign-ups")
    assert first.get_body().get_content().strip() == "41 new sign-ups"
    (attached,) = first.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("daily.pdf", "application/pdf")
    assert attached.get_content() == PDF
    assert [each["In-Reply-To"] for each in replies] == [first["Message-ID"]] * 2
    assert deliver(ledger, mail_to(server), thread("ann", "bob")).sent_now == 0 and len(server.mails) == 3


def test_the_reference_is_the_message_id(ledger, server):
    deliver(ledger, mail_to(server), thread())
    (row,) = Deliveries(ledger).chosen()
    assert server.mails[0]["Message-ID"] == row.reference == f"<{row.marker}@example.com>"


def test_hostile_texts_stay_texts(ledger, server):
    text = "zalgo t̷e̸x̶t̴ <b>&\r\nBcc: all@example.com\r\n.\r\nQUIT ‮ 😀\n.leading"
    assert deliver(ledger, mail_to(server), thread(text=text)).is_complete
    (mail,) = server.mails
    assert mail["Bcc"] is None and mail["Subject"] == "zalgo t̷e̸x̶t̴ <b>&"
    assert mail.get_body().get_content().splitlines() == text.splitlines()


REFUSED = [
    ("GREETING", "554 not you"),
    ("MAIL", "553 not this sender"),
    ("RCPT", "550 no such user"),
    ("DATA", "554 no data"),
    ("TEXT", "552 too large"),
]


@pytest.mark.parametrize(("verb", "answer"), REFUSED, ids=[verb for verb, _ in REFUSED])
def test_a_refusal_is_for_good_and_says_what_the_server_said(ledger, server, verb, answer):
    server.faults.say[verb] = [] if verb == "TEXT" else [answer]
    server.faults.modes = [answer] if verb == "TEXT" else []
    outcome = deliver(ledger, mail_to(server), thread("ann"))
    assert outcome.counts == {"failed": 1, "planned": 1}
    assert answer[:3] in outcome.problems[0] and answer[4:] in outcome.problems[0]
    assert "trailhouse deliveries retry" in outcome.problems[0]
    assert deliver(ledger, mail_to(server), thread("ann")).sent_now == 0 and server.mails == []


LATER = [
    {"GREETING": ["421 busy", "drop"]},
    {"EHLO": ["drop"]},
    {"MAIL": ["451 later", "drop"]},
    {"RCPT": ["450 greylisted", "drop"]},
    {"DATA": ["451 later"]},
]


@pytest.mark.parametrize("say", LATER, ids=[next(iter(say)) for say in LATER])
def test_what_was_not_taken_is_tried_again(ledger, server, say):
    tries = len(next(iter(say.values()))) + 1
    server.faults.say = say
    assert deliver(ledger, mail_to(server), thread()).is_complete
    assert len(server.mails) == 1 and Deliveries(ledger).chosen()[0].attempts == tries


def test_a_temporary_answer_to_the_text_is_tried_again(ledger, server):
    server.faults.modes = ["451 try later"]
    assert deliver(ledger, mail_to(server), thread()).is_complete and len(server.mails) == 1


def test_a_server_that_is_not_there_is_a_known_failure(ledger, server):
    server.stop()
    outcome = deliver(ledger, mail_to(server), thread())
    assert outcome.counts == {"failed": 1} and "ConnectionRefusedError" in outcome.problems[0]


@pytest.mark.parametrize("mode", ["drop_before", "drop_after", "hang_after"])
def test_without_an_answer_to_the_text_it_stays_unknown_and_visible(ledger, server, mode):
    server.faults.modes, server.faults.seconds = [mode], 1.0
    outcome = deliver(ledger, mail_to(server, timeout=0.3), thread("ann"))
    assert outcome.counts == {"unknown": 1, "planned": 1}
    for _ in range(2):
        again = deliver(ledger, mail_to(server), thread("ann"))
        assert again.counts == outcome.counts and again.problems == outcome.problems
    assert DROPPED in outcome.problems[0] and "trailhouse deliveries confirm" in outcome.problems[0]
    assert "waits for its parent, which is unknown" in outcome.problems[1]
    assert len(server.mails) == (mode != "drop_before")


def test_what_somebody_has_seen_there_is_sent_and_its_replies_go_on_in_its_thread(ledger, server):
    server.faults.modes = ["drop_after"]
    deliver(ledger, mail_to(server), thread("ann"))
    deliveries = Deliveries(ledger)
    assert deliveries.confirm(deliveries.chosen()) == 1
    assert deliver(ledger, mail_to(server), thread("ann")).is_complete
    first, reply = server.mails
    assert reply["In-Reply-To"] == first["Message-ID"]


def test_what_a_dead_run_was_sending_is_unknown_until_a_person_forgets_it(ledger, server):
    deliver(ledger, mail_to(server), thread())
    deliveries = Deliveries(ledger)
    (row,) = deliveries.chosen()
    deliveries.move(row, state="sending", reference="")
    outcome = deliver(ledger, mail_to(server), thread())
    assert outcome.counts == {"unknown": 1} and "its sending was interrupted" in outcome.problems[0]
    deliveries.forget(deliveries.chosen())
    assert deliver(ledger, mail_to(server), thread()).is_complete and len(server.mails) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and the certificate of 127.0.0.1 that it signed itself, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("for want of openssl")
    folder = tmp_path_factory.mktemp("certificate")
    key, made, both = (folder / name for name in ("key.pem", "made.pem", "both.pem"))
    request = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    about = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*request, *about], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_way_is_encrypted_and_the_login_goes_only_there(ledger, certificate, monkeypatch, tls):
    started = MailServer(certificate, tls)
    login = {"user": LOGIN[0], "password": SecretStr(LOGIN[1])}
    outcome = deliver(ledger, mail_to(started, tls=tls, **login), thread())
    assert outcome.counts == {"failed": 1} and "SSLCertVerificationError" in outcome.problems[0]
    assert not any(command.startswith("AUTH") for command in started.commands)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    deliveries = Deliveries(ledger)
    deliveries.retry(deliveries.chosen())
    assert deliver(ledger, mail_to(started, tls=tls, **login), thread()).is_complete
    assert any(command.startswith("AUTH") for command in started.commands)
    started.stop()


def test_a_server_without_starttls_gets_neither_login_nor_mail(ledger, server):
    login = {"user": LOGIN[0], "password": SecretStr(LOGIN[1])}
    outcome = deliver(ledger, mail_to(server, tls="starttls", **login), thread())
    assert outcome.counts == {"failed": 1} and "SMTPNotSupportedError" in outcome.problems[0]
    assert [command.split()[0].upper() for command in server.commands] == ["EHLO"]


def test_no_log_row_or_outcome_holds_the_password(ledger, server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    right, wrong = SecretStr(LOGIN[1]), SecretStr(LOGIN[1] + "-wrong")
    for number, (password, say) in enumerate([(right, {}), (wrong, {}), (right, {"AUTH": ["drop"] * 5})]):
        server.faults.say = say
        channel = mail_to(server, user=LOGIN[0], password=password)
        said.append(repr(deliver(ledger, channel, thread("ann", report=f"r{number}"))) + repr(channel._server))
    assert "535 to the login" in said[1] and "the login failed" in said[2]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert LOGIN[1] not in "\n".join([*said, caplog.text]) and LOGIN[1].encode() not in b"".join(files)
