"""Rows for a person to read: a Markdown table for the Dagster UI."""

from collections.abc import Sequence
from datetime import datetime

LONGEST = 60


def markdown(columns: Sequence[str], rows: Sequence[Sequence]) -> str:
    """A table of cut, escaped cells; a sentence when there are no rows."""
    if not rows:
        return "no rows yet"
    lines = [columns, ["---"] * len(columns), *[[_cell(value) for value in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    for sign in "\\|<>`*_[]":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())
