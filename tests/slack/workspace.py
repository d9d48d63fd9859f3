"""What a Slack workspace holds, and what it refuses: the rules of the fake, without HTTP.

Source: docs.slack.dev, the reference of each method and block; where Slack is stricter than its docs say, so is this.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}")
TS = re.compile(r"\d{10}\.\d{6}")
SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.info": "files:read",
}
UNESCAPED = re.compile("[<>]|&(?!(amp|lt|gt);)")


class No(Exception):
    """`ok: false`. The first word is the code, what follows goes beside it."""

    def __init__(self, code: str, **beside: str) -> None:
        super().__init__(code)
        self.answer = {"ok": False, "error": code} | beside


@dataclass
class Workspace:
    """`page`: the most messages of one answer, small so that paging is seen. `taken_at`: ts -> seconds since 1970."""

    token: str = "xoxb-good"
    revoked: bool = False
    scopes: set[str] = field(default_factory=lambda: set(SCOPES.values()))
    channels: dict[str, str] = field(
        default_factory=lambda: {"C0123456789": "member", "C0ARCHIVED0": "archived", "C0STRANGER0": "stranger"}
    )
    messages: list[dict] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    taken_at: dict[str, float] = field(default_factory=dict)
    page: int = 3

    def answer(self, method: str, token: str, given: dict, share_after: float | None = 0) -> dict:
        """share_after: how many seconds after its completion a file is shared; None: never."""
        self._let_in(method, token)
        does: dict[str, Callable[[dict], dict]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "files.getUploadURLExternal": self._ticket,
            "files.completeUploadExternal": lambda given: self._complete(given, share_after),
            "files.info": self._info,
            "files.delete": self._delete,
        }
        return {"ok": True} | does[method](given)

    def _let_in(self, method: str, token: str) -> None:
        if method not in SCOPES:
            raise No("unknown_method")
        if not token:
            raise No("not_authed")
        if self.revoked:
            raise No("token_revoked")
        if token != self.token:
            raise No("invalid_auth")
        if SCOPES[method] not in self.scopes:
            raise No("missing_scope", needed=SCOPES[method], provided=",".join(sorted(self.scopes)))

    def _channel(self, channel: str) -> str:
        if not CHANNEL_ID.fullmatch(channel) or channel not in self.channels:
            raise No("channel_not_found")
        if self.channels[channel] != "member":
            raise No("is_archived" if self.channels[channel] == "archived" else "not_in_channel")
        return channel

    def _thread(self, channel: str, thread_ts: str | None) -> str | None:
        if thread_ts is None:
            return None
        if not TS.fullmatch(thread_ts):
            raise No("invalid_thread_ts")
        if not any(m["channel"] == channel and m["ts"] == thread_ts and not m["thread_ts"] for m in self.messages):
            raise No("thread_not_found")
        return thread_ts

    def _post(self, given: dict) -> dict:
        channel = self._channel(given.get("channel", ""))
        thread_ts = self._thread(channel, given.get("thread_ts"))
        if given.get("unfurl_links") is not False or given.get("unfurl_media") is not False:
            raise No("unfurling_is_on")  # Slack would take it; the house does not
        said = self._said(given)
        return {"channel": channel, "ts": self._add(channel, thread_ts, **said)}

    def _update(self, given: dict) -> dict:
        channel, ts = self._channel(given.get("channel", "")), given.get("ts", "")
        if set(given) - {"channel", "ts", "text", "blocks", "metadata"}:
            raise No("invalid_arguments")  # Slack would pass over them; the house knows what it says
        found = [m for m in self.messages if m["channel"] == channel and m["ts"] == ts]
        if not TS.fullmatch(ts) or not found:
            raise No("message_not_found")
        if "files" in found[0]:
            raise No("cant_update_message")
        found[0].update(self._said(given), edits=found[0].get("edits", 0) + 1)
        return {"channel": channel, "ts": ts, "text": given["text"]}

    def _said(self, given: dict) -> dict:
        text, blocks, metadata = given.get("text", ""), given.get("blocks", []), given.get("metadata")
        if not text:
            raise No("no_text")
        if len(text) > 40_000:
            raise No("msg_too_long")
        check_blocks(blocks)
        if UNESCAPED.search(json.dumps([text, blocks])):
            raise No("unescaped_text")  # Slack would take it, and follow the mark
        if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
            raise No("invalid_metadata_format")
        return {"text": text, "blocks": blocks, "metadata": metadata}

    def _add(self, channel: str, thread_ts: str | None, **rest: object) -> str:
        ts = f"{time.time():.0f}.{len(self.messages):06}"
        self.messages.append({"channel": channel, "ts": ts, "thread_ts": thread_ts} | rest)
        self.taken_at[ts] = time.time()
        return ts

    def _history(self, given: dict) -> dict:
        channel = self._channel(given["channel"])
        found = [m for m in self.messages if m["channel"] == channel and not m["thread_ts"]]
        return self._pages(list(reversed(found)), given)

    def _replies(self, given: dict) -> dict:
        channel = self._channel(given["channel"])
        thread_ts = self._thread(channel, given["ts"])
        return self._pages([m for m in self.messages if thread_ts in (m["ts"], m["thread_ts"])], given)

    def _pages(self, found: list[dict], given: dict) -> dict:
        found = [m for m in found if float(m["ts"]) > float(given.get("oldest") or 0)]
        start = int(given.get("cursor") or 0)
        with_metadata = given.get("include_all_metadata") in ("1", "true", True)
        shown = [m if with_metadata else {k: v for k, v in m.items() if k != "metadata"} for m in found]
        more = str(start + self.page) if start + self.page < len(found) else ""
        return {"messages": shown[start : start + self.page], "response_metadata": {"next_cursor": more}}

    def _ticket(self, given: dict) -> dict:
        if not given.get("filename") or int(given.get("length") or 0) < 1:
            raise No("invalid_arguments")
        file_id = f"F{len(self.files):09}"
        self.files[file_id] = {"name": given["filename"], "length": int(given["length"]), "state": "wanted"}
        return {"file_id": file_id, "upload_url": f"/upload/{file_id}"}

    def upload(self, file_id: str, content: bytes) -> bool:
        file = self.files.get(file_id, {"length": -1})
        if file["length"] != len(content):
            return False
        file |= {"state": "uploaded", "content": content.decode("latin-1")}
        return True

    def _complete(self, given: dict, share_after: float | None) -> dict:
        channel = self._channel(given.get("channel_id", ""))
        thread_ts = self._thread(channel, given.get("thread_ts"))
        for each in (wanted := json.loads(given["files"])):
            if set(each) != {"id", "title"} or self.files.get(each["id"], {}).get("state") != "uploaded":
                raise No("file_not_found")
            at = None if share_after is None else time.time() + share_after
            where = {"channel": channel, "thread_ts": thread_ts, "share_at": at, "shared": False}
            self.files[each["id"]] |= {"state": "complete", "title": each["title"]} | where
        self.share()
        return {"files": wanted}

    def share(self) -> None:
        """What is due by now."""
        for file_id, file in self.files.items():
            if self._waits(file) and file["share_at"] <= time.time():
                file["shared"] = True
                self._add(file["channel"], file["thread_ts"], files=[file_id], title=file["title"])

    def _waits(self, file: dict[str, Any]) -> bool:
        return file["state"] == "complete" and not file["shared"] and file["share_at"] is not None

    @property
    def to_be_shared(self) -> int:
        return sum(map(self._waits, self.files.values()))

    def _info(self, given: dict) -> dict:
        file = self.files.get(given["file"], {"state": "none"})
        if file["state"] != "complete":
            raise No("file_deleted" if file["state"] == "deleted" else "file_not_found")
        shares = {"public": {file["channel"]: [{"thread_ts": file["thread_ts"]}]}} if file["shared"] else {}
        return {"file": {"id": given["file"], "title": file["title"], "shares": shares}}

    def _delete(self, given: dict) -> dict:
        file = self.files.get(given["file"], {"state": "none"})
        if file["state"] != "complete":
            raise No("file_not_found")
        file["state"] = "deleted"
        self.messages = [m for m in self.messages if given["file"] not in m.get("files", [])]
        return {}


def check_blocks(blocks: list) -> None:
    if len(blocks) > 50 or not all(map(_is_block, blocks)):
        raise No("invalid_blocks")


def _is_block(block: dict) -> bool:
    kind, rest = block.get("type"), {key: value for key, value in block.items() if key != "type"}
    if kind == "divider":
        return not rest
    if kind == "header":
        return set(rest) == {"text"} and rest["text"].get("type") == "plain_text" and _is_text(rest["text"], 150)
    if kind == "context":
        elements = rest.get("elements", [])
        return set(rest) == {"elements"} and 1 <= len(elements) <= 10 and all(_is_text(e, 3000) for e in elements)
    if kind == "section" and set(rest) == {"text"}:
        return _is_text(rest["text"], 3000)
    fields = rest.get("fields", [])
    return (
        kind == "section"
        and set(rest) == {"fields"}
        and 1 <= len(fields) <= 10
        and all(_is_text(f, 2000) for f in fields)
    )


def _is_text(text: dict, most: int) -> bool:
    own = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}.get(
        text.get("type", ""), set()
    )
    return set(text) <= own and 1 <= len(text["text"]) <= most
