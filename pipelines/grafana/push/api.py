"""Grafana's HTTP API: a call and its answer, or an error that says where, what, and what to do.

By httpx, not by grafana-client: that brings urllib3-future, which replaces urllib3 in the whole environment at its first start.
"""

import re
from types import TracebackType
from typing import Any

import httpx
from pydantic import SecretStr

from pipelines.errors import TrailhouseError

DISABLE_PROVENANCE = {"X-Disable-Provenance": "true"}  # or people could not change in Grafana what is pushed
NEEDED = re.compile(r"Permissions needed: (.+)")
LONGEST_MESSAGE = 300
ONE_OF_THE_TWO = (
    "it came from Grafana's provisioning files, which it lets nobody change: use one of the two, and take it out of the files, "
    "or push no more"
)


class GrafanaError(TrailhouseError):
    """Grafana cannot be reached, is not the one that is needed, or refuses. status: of the answer, 0 without one."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class NotNow(GrafanaError):
    """May be gone at the next try: no answer, an error of the server, or somebody wrote at the same time."""

    def __init__(self, message: str, status: int = 0, wait_seconds: float = 0) -> None:
        super().__init__(message, status)
        self.wait_seconds = wait_seconds


class ReadOnly(GrafanaError):
    """Grafana has it from its own files."""


class Grafana:
    """One Grafana and a token for it. The token is in the requests and nowhere else."""

    def __init__(self, url: str, token: SecretStr, timeout: float = 15) -> None:
        """timeout: seconds. Errors: GrafanaError when the one is no address, the other no token."""
        self.place, self._token = _place(url), token.get_secret_value()
        if not re.fullmatch(r"[\x21-\x7e]+", self._token):
            raise GrafanaError(f"{self.place}: TRAILHOUSE_GRAFANA_TOKEN is no token; copy that of the service account")
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        is_safe = self.place.startswith("https:")  # certificates take longer to load than a push without them takes
        verify = httpx.create_ssl_context() if is_safe else False
        self._client = httpx.Client(base_url=f"{self.place}/", headers=headers, timeout=timeout, verify=verify)

    def __enter__(self) -> "Grafana":
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._client.close()

    def find(self, path: str, **params: str | int) -> Any | None:
        """None where there is no such thing. Errors: GrafanaError."""
        try:
            return self.call("GET", path, params=params)
        except GrafanaError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def call(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The answer's JSON, None where it is empty. Errors: GrafanaError; `from None`, as httpx's own hold the request."""
        what = f"{method} /{path}"
        try:
            answer = self._client.request(method, path, json=body, **more)
        except httpx.HTTPError as error:
            hint = "is it running, and is TRAILHOUSE_GRAFANA_URL its address as seen from here?"
            raise NotNow(f"{self.place}: no answer to {what} ({type(error).__name__}); {hint}") from None
        return self._read(answer, what)

    def _read(self, answer: httpx.Response, what: str) -> Any:
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            said = answer.json()
        except ValueError:
            said = None
        if not answer.is_success:
            raise self._refusal(answer, what, said)
        if said is None:
            raise self._not_grafana(answer, what)
        return said

    def _refusal(self, answer: httpx.Response, what: str, said: Any) -> GrafanaError:
        code, message = answer.status_code, self._message(said)
        where = f"{self.place} answers {code} to {what}{f' ({message})' if message else ''}"
        needed = NEEDED.search(message)
        if not needed and any(word in message.lower() for word in ("provenance", "provisioned", "read-only")):
            return ReadOnly(f"{where}: {ONE_OF_THE_TWO}", code)
        if answer.is_server_error or code == httpx.codes.TOO_MANY_REQUESTS:
            return NotNow(f"{where}; try again later, and see Grafana's log", code, _seconds(answer))
        if not isinstance(said, dict) and answer.content:
            return self._not_grafana(answer, what)
        match code:
            case httpx.codes.UNAUTHORIZED:
                todo = "the token is wrong, expired or of another Grafana; make one for a service account with the role Admin"
                return GrafanaError(f"{where}: {todo}, and set TRAILHOUSE_GRAFANA_TOKEN", code)
            case httpx.codes.FORBIDDEN:
                lacks = f"the permission {needed[1].rstrip('.')}" if needed else "a permission"
                return GrafanaError(f"{where}: the token lacks {lacks}; give its service account the role Admin", code)
            case httpx.codes.CONFLICT | httpx.codes.PRECONDITION_FAILED:
                return NotNow(
                    f"{where}: something else has its name, or somebody changes it; look there, push again", code
                )
        return GrafanaError(f"{where}: see what it says, and Grafana's log", code)

    def _not_grafana(self, answer: httpx.Response, what: str) -> GrafanaError:
        kind = answer.headers.get("content-type", "no type").partition(";")[0]
        hint = "TRAILHOUSE_GRAFANA_URL leads to something else, or to a page to sign in before it: set Grafana's own address"
        return GrafanaError(f"{self.place} is no Grafana: {answer.status_code} to {what}, {kind}; {hint}")

    def _message(self, said: Any) -> str:
        message = str(said.get("message", "")) if isinstance(said, dict) else ""
        return message.replace(self._token, "…")[:LONGEST_MESSAGE]


def _place(url: str) -> str:
    """Without what is secret in an address, and without a slash at its end."""
    try:
        parsed = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise GrafanaError(
            "TRAILHOUSE_GRAFANA_URL is no address; write it as http://grafana.example:3000, without a password"
        )
    return str(parsed.copy_with(query=None, fragment=None))


def _seconds(answer: httpx.Response) -> float:
    found = answer.headers.get("retry-after", "")
    return float(found) if found.isdecimal() else 0.0
