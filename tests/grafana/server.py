"""A Grafana on loopback as strict as the real one, in a thread of the test. On command the next calls go wrong.

A fault's `method` is a call as `POST /api/folders`; what goes wrong does so before Grafana has done it, or after.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.grafana.refusals import No, need
from tests.grafana.stored import Stored
from tests.slack.fake import Fault

TOKEN = "glsa_good"
NEEDED = {
    "/api/folders": {"GET": "folders:read", "POST": "folders:create", "PUT": "folders:write"},
    "/api/datasources": {"GET": "datasources:read", "POST": "datasources:create", "PUT": "datasources:write"},
    "/api/dashboards": {"GET": "dashboards:read", "POST": "dashboards:create", "DELETE": "dashboards:delete"},
    "/api/v1/provisioning": {"GET": "alert.provisioning:read"},
    "/api/ds/query": {"POST": "datasources:query"},
}
WRITE_ALERTS = "alert.provisioning:write"
HTML = b"<!DOCTYPE html><html><title>Sign in</title></html>"


class Server(ThreadingHTTPServer):
    """denied: permissions that the token lacks. page: HTML that answers everything, as something else than a Grafana would."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stored, self.faults, self.lock = Stored(), list[Fault](), threading.Lock()
        self.token, self.denied, self.hides_version = TOKEN, set[str](), False
        self.page: bytes | None = None
        self.calls: list[str] = []
        self.query: Callable[[Any], Any] = lambda body: need(False, 404, "Not found")
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def sent(self) -> list[str]:
        """Calls that change something."""
        return [each for each in self.calls if not each.startswith("GET")]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = f"{self.command} {urlsplit(self.path).path}"
        with self.server.lock:
            self.server.calls.append(call)
            fault = next((each for each in self.server.faults if each.is_due(call)), Fault("", ""))
        getattr(self, f"_{fault.mode or 'well'}")(fault, body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _take(self, body: bytes) -> tuple[int, Any]:
        """(status, answer)"""
        address = urlsplit(self.path)
        if address.path == "/api/health":
            version = {} if self.server.hides_version else {"version": self.server.stored.version}
            return 200, {"database": "ok", "commit": "0"} | version
        try:
            with self.server.lock:
                return 200, self._answered(address.path, dict(parse_qsl(address.query)), json.loads(body or b"null"))
        except No as no:
            return no.code, no.said

    def _answered(self, path: str, query: dict[str, str], body: Any) -> Any:
        is_known = self.headers.get("Authorization") == f"Bearer {self.server.token}"
        need(is_known, 401, "Invalid API key", messageId="api-key.invalid")
        needed = self._needed(path)
        told = f"You'll need additional permissions to perform this action. Permissions needed: {needed}"
        need(needed not in self.server.denied, 403, told, title="Access denied")
        if path == "/api/ds/query":
            return self.server.query(body)
        provenance = "" if "X-Disable-Provenance" in self.headers else "api"
        return self.server.stored.answer(self.command, path, query, body, provenance)

    def _needed(self, path: str) -> str:
        found = next((each for start, each in NEEDED.items() if path.startswith(start)), {})
        return found.get(self.command, WRITE_ALERTS if "provisioning" in path else "")

    def _well(self, _fault: Fault, body: bytes) -> None:
        if self.server.page is not None:
            return self._say(200, self.server.page, "text/html; charset=UTF-8")
        status, said = self._take(body)
        self._say(204 if said is None else status, b"" if said is None else json.dumps(said).encode())

    def _error_before(self, *_: object) -> None:
        self._say(500, b'{"message": "Internal server error"}')

    def _error_after(self, _fault: Fault, body: bytes) -> None:
        self._take(body)
        self._error_before()

    def _gateway_after(self, _fault: Fault, body: bytes) -> None:
        self._take(body)
        self._say(502, HTML, "text/html")

    def _limited(self, fault: Fault, _body: bytes) -> None:
        self._say(429, b'{"message": "Too many requests"}', wait=f"{fault.seconds:.0f}")

    def _drop_after(self, _fault: Fault, body: bytes) -> None:
        self._take(body)
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _hang_after(self, fault: Fault, body: bytes) -> None:
        self._take(body)
        time.sleep(fault.seconds)
        self.close_connection = True

    def _say(self, status: int, said: bytes, kind: str = "application/json", wait: str = "") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(said)), "Retry-After": wait}.items():
            if value and (status != 204 or name != "Content-Length"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *_args: object) -> None:
        """Silent: what was called is in `calls`."""
