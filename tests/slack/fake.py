"""A Slack on loopback as strict as the real one, a program of its own: `python -m tests.slack.fake` says its port.

On command the next calls of a method go wrong: what happens before Slack has taken the call, or after. `/control` takes
{"reset": bool, "mend": bool, "set": {attribute: value}, "faults": [Fault as JSON]} and answers with all that the workspace holds.
"""

import json
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from tests.slack.workspace import No, Workspace

HTML = b"<!doctype html><title>Slack</title><p>Something went wrong"


@dataclass
class Fault:
    """`mode`: what happens to `times` calls of `method` after the first `skip`; `seconds`: of Retry-After, hanging, sharing."""

    method: str
    mode: str
    skip: int = 0
    times: int = 1
    seconds: float = 0
    code: str = ""

    def is_due(self, method: str) -> bool:
        if method != self.method or self.times == 0:
            return False
        self.skip -= 1
        self.times -= self.skip < 0
        return self.skip < 0


class Slack(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.workspace, self.faults, self.lock = Workspace(), list[Fault](), threading.Lock()
        self.in_flight = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed is no error of ours."""


class Handler(BaseHTTPRequestHandler):
    server: Slack  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.path.removeprefix("/api/").lstrip("/")
        if name == "control":
            return self._say(json.dumps(self._control(json.loads(body or b"{}"))).encode())
        method = "upload" if name.startswith("upload/") else name
        with self.server.lock:
            self.server.workspace.calls.append(method)
            self.server.in_flight += 1
            fault = next((each for each in self.server.faults if each.is_due(method)), Fault("", ""))
        try:
            getattr(self, f"_{fault.mode or 'well'}")(fault, method, name, body)
        finally:
            with self.server.lock:
                self.server.in_flight -= 1

    def _take(self, fault: Fault, method: str, name: str, body: bytes) -> tuple[int, bytes]:
        """(status, answer)"""
        workspace = self.server.workspace
        with self.server.lock:
            workspace.share()
            if method == "upload":
                return (
                    (200, b"OK") if workspace.upload(name.removeprefix("upload/"), body) else (400, b"length mismatch")
                )
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            share_after = {"never_shares": None, "shares_late": fault.seconds}.get(fault.mode, 0)
            try:
                answer = workspace.answer(method, token, self._given(body), share_after)
            except No as no:
                answer = no.answer
        if "upload_url" in answer:
            answer["upload_url"] = f"http://127.0.0.1:{self.server.server_address[1]}{answer['upload_url']}"
        return 200, json.dumps(answer).encode()

    def _given(self, body: bytes) -> dict:
        if self.headers.get("Content-Type", "").startswith("application/json"):
            return json.loads(body)
        return dict(parse_qsl(body.decode()))

    def _well(self, *call) -> None:
        status, answer = self._take(*call)
        self._say(answer, status)

    _never_shares = _shares_late = _well

    def _limited(self, fault: Fault, *_) -> None:
        self._say(
            json.dumps({"ok": False, "error": "ratelimited"}).encode(), 429, {"Retry-After": f"{fault.seconds:.0f}"}
        )

    def _refused(self, fault: Fault, *_) -> None:
        self._say(json.dumps({"ok": False, "error": fault.code}).encode())

    def _error_before(self, *_) -> None:
        self._say(b"", 500)

    def _error_after(self, *call) -> None:
        self._take(*call)
        self._say(b"", 500)

    def _unsure_after(self, *call) -> None:
        self._take(*call)
        self._say(json.dumps({"ok": False, "error": "internal_error"}).encode())

    def _html_before(self, *_) -> None:
        self._say(HTML, kind="text/html")

    def _html_after(self, *call) -> None:
        self._take(*call)
        self._say(HTML, kind="text/html")

    def _drop_before(self, *_) -> None:
        self._drop()

    def _drop_after(self, *call) -> None:
        self._take(*call)
        self._drop()

    def _cut_after(self, *call) -> None:
        status, answer = self._take(*call)
        self._say(answer[: len(answer) // 2], status, length=len(answer))

    def _hang_before(self, fault: Fault, *_) -> None:
        time.sleep(fault.seconds)
        self._drop()

    def _hang_after(self, fault: Fault, *call) -> None:
        self._take(fault, *call)
        time.sleep(fault.seconds)
        self._drop()

    def _taken_late(self, fault: Fault, *call) -> None:
        """Long after the caller gave up."""
        time.sleep(fault.seconds)
        self._take(fault, *call)
        self._drop()

    def _drop(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _say(
        self,
        answer: bytes,
        status: int = 200,
        more: dict[str, str] | None = None,
        kind: str = "application/json",
        length: int = 0,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length or len(answer)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = bool(length)

    def _control(self, wanted: dict) -> dict:
        with self.server.lock:
            if wanted.get("reset"):
                self.server.workspace = Workspace()
            if wanted.get("reset") or wanted.get("mend"):
                self.server.faults = []
            for name, value in wanted.get("set", {}).items():
                setattr(self.server.workspace, name, set(value) if name == "scopes" else value)
            self.server.faults += [Fault(**each) for each in wanted.get("faults", [])]
            self.server.workspace.share()
            late = self.server.in_flight + self.server.workspace.to_be_shared
            return asdict(self.server.workspace) | {"scopes": sorted(self.server.workspace.scopes), "late": late}

    def log_message(self, format: str, *_args: object) -> None:
        """Silent: what was called is in the workspace."""


def main() -> None:
    server = Slack()
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # until who started it is gone


if __name__ == "__main__":
    main()
