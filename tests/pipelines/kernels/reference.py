"""The hash of pipelines.kernels.json_hash in plain Python, from its description: the oracle of its tests."""

import json
from typing import Any

ALL = (1 << 64) - 1
TEXT, SCALAR = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85FF53
ARRAY, OBJECT = 0x9E37FF79B97F4A7C, 0xBF58476D1CE4FFB9
FIRST, SECOND, THIRD = 0xA0761D64FF78BD2F, 0xE7037EFFA0B428DB, 0x8EBCFFAF09C88C6E


class Token(str):
    """A number as it is written."""


def mix(one: int, other: int) -> int:
    product = one * other
    return (product & ALL) ^ (product >> 64)


def of_bytes(raw: bytes, seed: int) -> int:
    total = seed ^ len(raw)
    parts = [raw[at : at + 16].ljust(16, b"\0") for at in range(0, max(len(raw), 1), 16)]
    for part in parts:
        low, high = int.from_bytes(part[:8], "little"), int.from_bytes(part[8:], "little")
        total = mix(low ^ total, high ^ FIRST)
    return mix(total ^ SECOND, len(raw) ^ THIRD)


def of_value(value: Any) -> int:
    if isinstance(value, Token) or value is None or isinstance(value, bool):
        token = value if isinstance(value, Token) else json.dumps(value)
        return of_bytes(token.encode(), SCALAR)
    if isinstance(value, str):
        return of_bytes(value.encode(), TEXT)
    if isinstance(value, dict):
        members = [mix(of_bytes(key.encode(), TEXT) ^ FIRST, of_value(each) ^ SECOND) for key, each in value.items()]
        return mix(sum(members) & ALL ^ OBJECT, len(members) ^ SECOND)
    total = 0
    for each in value:
        total = mix(total ^ FIRST, of_value(each) ^ THIRD)
    return mix(total ^ ARRAY, len(value) ^ SECOND)


def of_json(text: str | bytes) -> int:
    """Keys given twice: the last one counts."""
    return of_value(json.loads(text, parse_int=Token, parse_float=Token))
