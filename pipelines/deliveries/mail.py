"""E-mail as a channel: a message is a mail with its files, in the thread of its parent. Nobody can ask whether one arrived.

Source: RFC 5321: until the text is handed over nothing is there; after it only the server's answer tells.
"""

import mimetypes
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from pydantic import SecretStr

from pipelines.config.channels import MAIL
from pipelines.deliveries.channel import LOOK, CannotRead, DeliveryError, Gone, Note, NotNow, Refused, Unit, Unknown
from pipelines.deliveries.messages import Message, Thread
from pipelines.moments import now, utc
from pipelines.words import short

PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over. tls: from the first byte, after STARTTLS, or not at all; certificates are verified."""

    host: str
    sender: str
    port: int | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    timeout: float = 30

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


class Mail:
    settle_seconds, files_apart = 0.0, False

    def __init__(self, server: Server, retry_seconds: float = 1) -> None:
        self._server, self.retry_seconds = server, retry_seconds

    def address(self, thread: Thread) -> str:
        return thread.channel

    def send(self, unit: Unit, note: Note) -> str:
        """The reference is the mail's Message-ID, made of the marker: every try has the same."""
        recipient = unit.row.channel.removeprefix(MAIL)
        mail = _mail(unit, self._server, recipient)
        note(mail["Message-ID"])
        with _closing(self._open()) as smtp:
            _asked("MAIL FROM", smtp.mail, self._server.sender)
            _asked("RCPT TO", smtp.rcpt, recipient)
            _hand_over(smtp, mail.as_bytes())
        return mail["Message-ID"]

    def edit(self, unit: Unit) -> None:
        raise Gone("a mail cannot be edited; what is new is in its thread")

    def find(self, unit: Unit) -> str | None:
        raise CannotRead(f"nobody can ask a mailbox; {LOOK}")

    def finish(self, thread: Thread) -> None:
        """Nothing is left to do."""

    def _open(self) -> smtplib.SMTP:
        """Ready to take a mail."""
        smtp = _tried("the connection", self._connect)
        try:
            _asked("EHLO", smtp.ehlo)
            if self._server.tls == "starttls":
                _asked("STARTTLS", smtp.starttls, context=ssl.create_default_context())
                _asked("EHLO", smtp.ehlo)
            if self._server.user and self._server.password:
                _tried("the login", smtp.login, self._server.user, self._server.password.get_secret_value())
        except DeliveryError:
            smtp.close()
            raise
        return smtp

    def _connect(self) -> smtplib.SMTP:
        """The name it greets with is its own: looking up the machine's can take long."""
        server, where = self._server, {"local_hostname": self._server.domain, "timeout": self._server.timeout}
        port = server.port or PORTS[server.tls]
        if server.tls == "tls":
            return smtplib.SMTP_SSL(server.host, port, context=ssl.create_default_context(), **where)
        return smtplib.SMTP(server.host, port, **where)


@contextmanager
def _closing(smtp: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """How it parts changes nothing of what was taken."""
    try:
        yield smtp
        with suppress(OSError):
            smtp.quit()
    finally:
        smtp.close()


def _tried(step: str, call: Callable, *words: object, **named: object):
    """What comes before the text. Errors: Refused, NotNow; `from None`, as the library's own hold what was said."""
    try:
        return call(*words, **named)
    except smtplib.SMTPResponseException as error:
        said = "" if isinstance(error, smtplib.SMTPAuthenticationError) else error.smtp_error
        raise _told(step, error.smtp_code, said) from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
        raise _told(step, 500, f"{type(error).__name__}; see docs/channels.md") from None
    except OSError as error:  # that of smtplib is one too
        raise NotNow(f"{step} failed ({type(error).__name__})") from None


def _asked(step: str, call: Callable[..., tuple[int, bytes]], *words: object, **named: object) -> None:
    """A step whose answer is a code."""
    code, said = _tried(step, call, *words, **named)
    if not 200 <= code < 300:
        raise _told(step, code, said)


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    """From here on, whatever breaks may break after the mail was taken. Errors: Refused, NotNow, Unknown."""
    try:
        code, said = smtp.data(content)
    except smtplib.SMTPDataError as error:
        code, said = error.smtp_code, error.smtp_error
    except OSError as error:
        raise Unknown(f"the mail server gave no answer to the text ({type(error).__name__}); {LOOK}") from None
    if code != 250:
        raise _told("DATA", code, said)


def _told(step: str, code: int, said: bytes | str) -> DeliveryError:
    """A code from 500 on is for good."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    what = f"the mail server answers {code} to {step}: {short(' '.join(text.split()))}".rstrip(": ")
    return Refused(f"{what}; mend it, then `trailhouse deliveries retry`", str(code)) if code >= 500 else NotNow(what)


def _mail(unit: Unit, server: Server, recipient: str) -> EmailMessage:
    message, mail = unit.content, EmailMessage(policy=SMTP)
    assert isinstance(message, Message), "files come with their message"
    mail["From"], mail["To"], mail["Date"] = server.sender, recipient, utc(now())
    mail["Subject"] = short(" ".join(message.text.strip().splitlines()[0].split()))
    mail["Message-ID"] = f"<{unit.row.marker}@{server.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no answer of an absent one is wanted
    if unit.parent:
        mail["In-Reply-To"] = mail["References"] = unit.parent
    mail.set_content(message.text)
    for file in message.files:
        kind, _, part = (mimetypes.guess_type(file.name)[0] or "application/octet-stream").partition("/")
        mail.add_attachment(file.content, kind, part, filename=file.name)
    return mail
