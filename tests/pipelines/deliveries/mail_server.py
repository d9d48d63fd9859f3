"""A mail server on loopback: it takes what a real one takes, and goes wrong on command, before a mail is taken or after."""

import base64
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

LOGIN = ("reports", "canary-password-0815")
SENDER, TEAM = "reports@example.com", "team@example.com"


@dataclass
class Faults:
    """`say`: command -> what is answered to it instead, once for each; `modes`: what happens to the next texts."""

    say: dict[str, list[str]] = field(default_factory=dict)
    modes: list[str] = field(default_factory=list)
    seconds: float = 0


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self, certificate: Path | None = None, tls: str = "none") -> None:
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.tls, self.faults, self.mails, self.commands = tls, Faults(), list[EmailMessage](), list[str]()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate:
            self.context.load_cert_chain(certificate)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is not content with the certificate is no error of ours."""


class Dialogue(socketserver.StreamRequestHandler):
    server: MailServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle(self) -> None:
        self.is_encrypted, self.is_known, self.recipients = False, False, list[str]()
        if self.server.tls == "tls":
            self._encrypt()
        self._say("GREETING", "220 mail.example.com")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command.split(":")[0].split(" ")[0].upper()
            self.server.commands.append(command)
            getattr(self, f"_{verb.lower()}")(command)
            if verb == "QUIT":
                return

    def _say(self, verb: str, answer: str) -> bool:
        """Whether it was the answer of one that is well."""
        planned = self.server.faults.say.get(verb)
        said = planned.pop(0) if planned else answer
        if said == "drop":
            return self._drop()
        self.wfile.write(f"{said}\r\n".encode())
        return said == answer

    def _drop(self) -> bool:
        self.connection.shutdown(socket.SHUT_RDWR)
        return False

    def _encrypt(self) -> None:
        self.request = self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.is_encrypted = True

    def _ehlo(self, _command: str) -> None:
        offers = ["250-mail.example.com", "250-8BITMIME"]
        offers += ["250-STARTTLS"] if self.server.tls == "starttls" and not self.is_encrypted else []
        self._say("EHLO", "\r\n".join([*offers, "250 AUTH PLAIN"]))

    _helo = _ehlo

    def _starttls(self, _command: str) -> None:
        if self._say("STARTTLS", "220 go ahead"):
            self._encrypt()

    def _auth(self, command: str) -> None:
        given = tuple(base64.b64decode(command.split()[2]).decode().split("\0")[1:])
        self.is_known = self._say("AUTH", "235 welcome" if given == LOGIN else "535 wrong password") and given == LOGIN

    def _mail(self, command: str) -> None:
        self.recipients = []
        self._say("MAIL", "250 ok" if f"<{SENDER}>" in command else "553 who are you")

    def _rcpt(self, command: str) -> None:
        if self._say("RCPT", "250 ok" if f"<{TEAM}>" in command else "550 no such user"):
            self.recipients.append(command)

    def _data(self, _command: str) -> None:
        if not self._say("DATA", "354 go ahead" if self.recipients else "503 no recipient"):
            return
        mode = self.server.faults.modes.pop(0) if self.server.faults.modes else ""
        if mode == "drop_before":
            self.rfile.read(20)
            self._drop()
            return
        text = b"".join(iter(self._line, None))
        if not mode.startswith("5") and not mode.startswith("4"):
            self.server.mails.append(message_from_bytes(text, EmailMessage, policy=policy.default))
        self._answer(mode)

    def _line(self) -> bytes | None:
        """None: it was the last."""
        line = self.rfile.readline()
        assert line.endswith(b"\r\n"), "a mail is cut"
        return None if line == b".\r\n" else line.removeprefix(b".")

    def _answer(self, mode: str) -> None:
        if mode == "hang_after":
            time.sleep(self.server.faults.seconds)
        if mode in ("drop_after", "hang_after"):
            self._drop()
        else:
            self._say("TEXT", mode or "250 taken")

    def _quit(self, _command: str) -> None:
        self._say("QUIT", "221 bye")
