"""The demo's last date: yesterday in the zone at the first run, the same ever after."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from simulator import SimulationError
from simulator.demo import demo_until

ZONE = "Pacific/Kiritimati"


def test_the_first_run_takes_yesterday_of_the_zone(tmp_path: Path) -> None:
    before = datetime.now(ZoneInfo(ZONE)).date()
    until = demo_until(tmp_path / "data" / "demo.json", ZONE)
    after = datetime.now(ZoneInfo(ZONE)).date()
    assert before <= until + timedelta(days=1) <= after


def test_a_later_run_takes_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_text('{"until": "2026-10-28"}')
    assert demo_until(path, ZONE).isoformat() == "2026-10-28"
    first = demo_until(tmp_path / "other.json", ZONE)
    assert demo_until(tmp_path / "other.json", "America/Los_Angeles") == first


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"until": "tomorrow"}', '{"until": 7}'])
def test_a_file_without_a_date_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "demo.json"
    path.write_text(content)
    with pytest.raises(SimulationError, match=r"demo.json: says no last date.*remove the file"):
        demo_until(path, ZONE)
