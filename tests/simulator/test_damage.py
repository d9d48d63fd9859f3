"""Every damage gets the reason it says, on any kind of record, as an independent judge sees it."""

import pytest

from simulator.damage import DAMAGES
from simulator.days import DAY
from simulator.dice import Dice
from simulator.envelope import encode, stamp
from tests.simulator.judge import judge

AT = 1_790_000_000_000_000


def _record(name: str) -> dict[str, object]:
    stamps = {"timestamp": stamp(AT), "sent_at": stamp(AT), "received_at": stamp(AT)}
    return {
        "event_id": "w-1",
        "event_name": name,
        **stamps,
        "ids": {"user": "u-1"},
        "properties": {"name": "Übersicht ☕"},
    }


@pytest.mark.parametrize("number", range(len(DAMAGES)))
def test_a_damage_gets_its_reason(number: int) -> None:
    (reason, breaks), _ = DAMAGES[number]
    for throw in range(60):
        line = breaks(_record("page_viewed"), AT, Dice("damage", throw))
        assert judge(line) == reason, line
        assert b"\n" not in line


def test_a_sound_record_is_not_refused() -> None:
    assert judge(encode(_record("page_viewed"))) is None
    assert judge(encode({**_record("page_viewed"), "timestamp": stamp(AT + 2 * DAY)})) == "timestamp_future"
