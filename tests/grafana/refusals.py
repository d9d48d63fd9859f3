"""How the fake refuses, and what all kinds of things in it have: a number of their own, versions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")


class No(Exception):
    """An answer that is not 2xx."""

    def __init__(self, code: int, message: str, more: Mapping[str, str]) -> None:
        super().__init__(message)
        self.code, self.said = code, {"message": message, **more}


def need(is_right: object, code: int, message: str, **more: str) -> None:
    if not is_right:
        raise No(code, message, more)


def known(body: Json, fields: set[str]) -> None:
    need(not set(body) - fields, 400, f"bad request data: {sorted(set(body) - fields)}")


@dataclass
class Counted:
    """versions: of a dashboard or rule; a test counts them."""

    versions: dict[str, list[Json]] = field(default_factory=dict)
    numbers: int = 0

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers
