"""A receiver of webhooks on loopback that checks every signature by itself, and goes wrong on command."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = b"canary-key-of-24-bytes-0815"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TOLERANCE_SECONDS = 300


@dataclass
class Answer:
    """`status`, or what happens instead: drop_before, drop_after, hang_after (for so many `seconds`)."""

    status: int = 200
    mode: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


class WebhookServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.answers, self.taken, self.asked = list[Answer](), list[tuple[str, dict]](), list[dict[str, str]]()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?team=1"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that gave up is no error of ours."""


class Receiver(BaseHTTPRequestHandler):
    server: WebhookServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(dict(self.headers))
        answer = self.server.answers.pop(0) if self.server.answers else Answer()
        if answer.mode == "drop_before":
            return self._drop()
        if not self._is_signed(body):
            answer = Answer(401)
        if answer.status < 300:
            self.server.taken.append((self.headers["webhook-id"], json.loads(body)))
        time.sleep(answer.seconds)
        if answer.mode:
            return self._drop()
        self._say(answer)

    def _is_signed(self, body: bytes) -> bool:
        stamp = self.headers["webhook-timestamp"]
        signed = f"{self.headers['webhook-id']}.{stamp}.".encode() + body
        wanted = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        is_recent = abs(time.time() - int(stamp)) < TOLERANCE_SECONDS
        return is_recent and hmac.compare_digest(self.headers["webhook-signature"], f"v1,{wanted}")

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"content-length": "0", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _drop(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *_args: object) -> None:
        """Silent: what came is in `asked`."""
