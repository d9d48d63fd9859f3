"""Columns drawn at random, whole columns at a time: ids, times, persons, and the JSON text of properties and context.

Shape: pyarrow string columns. Both the input of the ingest and the ready-made history are put together from these.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # made at import, so no type checker knows its functions
DRAWN = 1  # raise it whenever other bytes are drawn: what is cached under the old number is then left alone

EVENTS = {
    "page_viewed": 52,
    "button_clicked": 14,
    "search_performed": 8,
    "project_opened": 8,
    "deployment_started": 5,
    "deployment_completed": 5,
    "invite_sent": 3,
    "form_submitted": 3,
    "video_played": 2,
}
PATHS = ("/", "/pricing", "/docs", "/docs/quickstart", "/docs/api", "/blog", "/changelog", "/app", "/app/projects")
REFERRERS = ("https://www.google.com/", "https://github.com/", "https://news.ycombinator.com/", "https://example.com/")
TITLES = ("Deploy in a minute", "Plans and prices", "Read the documentation", "Projects of your team", "What is new")
FOREIGN_TITLES = ("Übersicht – größere Projekte", "価格とプラン", "Вход в систему", "مرحبا بكم", "Fête de l’été 🎉")
FOREIGN_SHARE = 0.01
CAMPAIGNS = (("google", "cpc", "brand"), ("linkedin", "social", "launch"), ("newsletter", "email", "autumn-news"))
AGENTS = (
    ("desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0"),
    ("desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari"),
    ("mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"),
)
SIGNED_IN_SHARE = 0.7  # of the persons

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint8).reshape(256, 2)


class Draw:
    """A seeded source of columns of `size` rows. `key`: what is drawn; another key is independent of it."""

    def __init__(self, size: int, *key: int) -> None:
        self.size = size
        self.random = np.random.default_rng([DRAWN, *key])

    def hexadecimal(self, digits: int) -> np.ndarray:
        """uint8[size, digits]: ASCII."""
        drawn = self.random.integers(0, 256, (self.size, digits // 2), np.uint8)
        return _HEX[drawn].reshape(self.size, digits)

    def uuids(self) -> pa.Array:
        digits, text = self.hexadecimal(32), np.full((self.size, 36), ord("-"), np.uint8)
        for start, to, size in ((0, 0, 8), (8, 9, 4), (12, 14, 4), (16, 19, 4), (20, 24, 12)):
            text[:, to : to + size] = digits[:, start : start + size]
        return fixed_text(text)

    def numbers(self, most: int) -> pa.Array:
        """Text of integers below `most`."""
        return pa.array(self.random.integers(0, most, self.size)).cast(pa.string())

    def pick(self, texts: Sequence[str], weights: Sequence[int] | None = None) -> pa.Array:
        shares = None if weights is None else np.array(weights) / sum(weights)
        return take(texts, self.random.choice(len(texts), self.size, p=shares))

    def names(self) -> pa.Array:
        return self.pick(list(EVENTS), list(EVENTS.values()))

    def titles(self) -> pa.Array:
        """Page titles; some are not ASCII."""
        is_foreign = pa.array(self.random.random(self.size) < FOREIGN_SHARE)
        return pc.if_else(is_foreign, self.pick(FOREIGN_TITLES), self.pick(TITLES))

    def properties(self) -> pa.Array:
        """JSON text of about 120 bytes."""
        path, title, request = self.pick(PATHS), self.titles(), fixed_text(self.hexadecimal(16))
        head = ('{"path":"', path, '","title":"', title, '","duration_ms":', self.numbers(90_000))
        return joined(*head, ',"request_id":"', request, '","plan":"', self.pick(("free", "team")), '"}')

    def context(self) -> pa.Array:
        """JSON text of about 150 bytes, one of a few hundred: a device repeats itself."""
        pages = [f'"page":{{"path":"{path}","referrer":"{referrer}"}}' for path in PATHS for referrer in REFERRERS]
        devices = [f'"device":{{"type":"{kind}"}},"user_agent":"{agent}"' for kind, agent in AGENTS]
        campaigns = ['"source":"{}","medium":"{}","name":"{}"'.format(*campaign) for campaign in CAMPAIGNS]
        no_campaign, campaigns = "", [f'"campaign":{{{each}}},' for each in campaigns]
        campaign = self.pick([no_campaign, *campaigns], [17, 1, 1, 1])
        return joined("{", campaign, self.pick(pages), ",", self.pick(devices), "}")


def person_ids(persons: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """(user id or null, anonymous id) of person numbers: some persons never sign in."""
    numbers = pc.utf8_lpad(pa.array(persons).cast(pa.string()), 6, "0")
    is_signed_in = pa.array(persons % 10 < SIGNED_IN_SHARE * 10)
    return pc.if_else(is_signed_in, joined("u-", numbers), None), joined("a-", numbers)


def take(texts: Sequence[str], indexes: np.ndarray) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(indexes))


def joined(*parts: str | pa.Array) -> pa.Array:
    """Rows of text, put together without a separator; a null part makes the row null."""
    return pc.binary_join_element_wise(*parts, "")


def stamps(moments: np.ndarray) -> pa.Array:
    """Microseconds -> RFC 3339 with milliseconds, in UTC."""
    plain = pa.array(moments // 1000, pa.timestamp("ms")).cast(pa.string())  # 2026-03-01 12:00:00.000
    text = np.frombuffer(plain.buffers()[2], np.uint8, 23 * len(plain)).reshape(-1, 23)
    return fixed_text(np.column_stack([text[:, :10], _column("T", text), text[:, 11:], _column("Z", text)]))


def _column(character: str, text: np.ndarray) -> np.ndarray:
    return np.full((len(text), 1), ord(character), np.uint8)


def fixed_text(text: np.ndarray) -> pa.Array:
    """uint8[n, width] of ASCII -> a string column."""
    rows, width = text.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text))]
    return pa.Array.from_buffers(pa.string(), rows, buffers)
