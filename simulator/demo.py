"""The demo's last simulated date, kept in a file so that a second run on another day changes nothing."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

from simulator.days import zone_of
from simulator.errors import SimulationError
from simulator.files import write_file


def demo_until(path: Path, timezone: str) -> date:
    """The date in `path` ({"until": "2026-11-20"}), written there at the first call: yesterday in the zone.

    The only place of the simulator that reads the clock. Errors: SimulationError: no such zone, no date.
    """
    if path.exists():
        return _read(path)
    until = datetime.now(zone_of(timezone)).date() - timedelta(days=1)
    write_file(path, json.dumps({"until": until.isoformat()}).encode() + b"\n")
    return until


def _read(path: Path) -> date:
    try:
        return date.fromisoformat(json.loads(path.read_bytes())["until"])
    except (ValueError, KeyError, TypeError) as error:
        hint = 'write {"until": "YYYY-MM-DD"} or remove the file'
        raise SimulationError(f"{path}: says no last date ({error!r}); {hint}") from error
