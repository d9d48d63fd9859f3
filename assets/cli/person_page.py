"""How a person's page is drawn in the terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.cli import show

Row = dict[str, Any]

LONG = ("sessions", "timeline")  # they grow with a person's life


@dataclass(frozen=True, slots=True)
class Drawing:
    """`cells`: rows of the section -> rows of the table. `broken`: the columns that give way where all is too wide."""

    title: str
    columns: Sequence[str]
    cells: Callable[[list[Row]], list[list]]
    broken: Sequence[str]


def cut(page: Row, last: int | None) -> Row:
    """The page with the latest rows of what can be long; None: with all."""
    return {name: rows[-last:] if last and name in LONG else rows for name, rows in page.items()}


def show_page(page: Row, last: int | None) -> None:
    show.console.print(f"[bold]{show.cell(page['person_id'])}[/bold]", highlight=False)
    show.console.print(f"as of {_at(page['as_of'])}; all times are those of {page['report_timezone']}", highlight=False)
    shown = cut(page, last)
    for name, drawing in DRAWINGS.items():
        if shown.get(name):
            left_out = len(page[name]) - len(shown[name])
            more = f", the latest {len(shown[name]):,} of {len(page[name]):,}: --all shows them all" if left_out else ""
            show.table(drawing.title + more, drawing.columns, drawing.cells(shown[name]), drawing.broken)
    if not page.get("timeline"):
        show.console.print(
            "Nothing they did counts: see config/exclude.yaml, and config/actions.yaml for what is an action"
        )


def _persons(rows: list[Row]) -> list[list]:
    return [
        [_at(row["first_seen_at"]), _at(row["last_seen_at"]), row["event_count"], _pairs(row["traits"])] for row in rows
    ]


def _stages(rows: list[Row]) -> list[list]:
    return [[row["stage"], _at(row["entered_at"]), _at(row["left_at"]) or "now"] for row in rows]


def _identities(rows: list[Row]) -> list[list]:
    """Of ids that are neither users nor devices only how many there are."""
    own = [row for row in rows if row["id_kind"] in ("user", "anonymous")]
    others = [row for row in rows if row["id_kind"] not in ("user", "anonymous")]
    cells = [[row["id"], _at(row["first_seen_at"]), row["because"] + "; shared" * row["is_shared"]] for row in own]
    for kind in sorted({row["id_kind"] for row in others}):
        of_kind = [row for row in others if row["id_kind"] == kind]
        cells.append([kind, _at(of_kind[0]["first_seen_at"]), f"{len(of_kind):,} ids that came with them: --json"])
    return cells


def _statements(rows: list[Row]) -> list[list]:
    said = {True: "are one person", False: "are two persons"}
    return [
        [
            _at(row["occurred_at"]),
            f"{row['user_a']} and {row['user_b']} {said[row['is_merge']]}",
            row["source"],
            row["event_id"],
        ]
        for row in rows
    ]


def _funnels(rows: list[Row]) -> list[list]:
    """Of each funnel the deepest attempt, of several the last."""
    attempts: dict[str, list[Row]] = {}
    for row in rows:
        attempts.setdefault(row["funnel"], []).append(row)
    deepest = {
        name: max(own, key=lambda row: (row["step_number"], row["entered_at"])) for name, own in attempts.items()
    }
    return [
        [
            name,
            len(attempts[name]),
            _at(row["entered_at"]),
            f"{row['step_number']} {row['step_name']}",
            _at(row["reached_at"]),
            row["is_open"],
        ]
        for name, row in sorted(deepest.items())
    ]


def _sessions(rows: list[Row]) -> list[list]:
    return [
        [
            _at(row["started_at"]),
            row["source"],
            show.took(row["duration_us"]),
            row["event_count"],
            " → ".join(row["path"] or []),
            " ".join(filter(None, [row["utm_source"], row["utm_campaign"]])) or _short(row["referrer"]),
        ]
        for row in rows
    ]


def _timeline(rows: list[Row]) -> list[list]:
    """The date stands where it begins."""
    dates = [f"{row['occurred_at']:%a %Y-%m-%d}" for row in rows]
    return [
        [
            date if date != before else "",
            f"{row['occurred_at']:%H:%M:%S}",
            f"stage {row['what']}" if row["kind"] == "stage" else row["what"],
            show.took(row["duration_us"]),
            " ".join(filter(None, [row["outcome"], row["error"], _pairs(row["properties"])])),
        ]
        for row, date, before in zip(rows, dates, ["", *dates], strict=False)
    ]


DRAWINGS = {
    "persons": Drawing("Person", ["first seen", "last seen", "events", "traits"], _persons, ["traits"]),
    "stages": Drawing("Stages", ["stage", "from", "until"], _stages, []),
    "identities": Drawing(
        "Identities", ["id", "first seen", "why it is theirs"], _identities, ["id", "why it is theirs"]
    ),
    "statements": Drawing("Statements", ["said at", "what", "source", "event"], _statements, ["what", "event"]),
    "funnels": Drawing(
        "Funnels, the deepest attempt at each",
        ["funnel", "attempts", "entered", "reached", "at", "open"],
        _funnels,
        ["funnel", "reached"],
    ),
    "sessions": Drawing(
        "Sessions", ["started", "source", "took", "events", "path", "came from"], _sessions, ["path", "came from"]
    ),
    "timeline": Drawing("Timeline", ["date", "time", "what", "took", "details"], _timeline, ["what", "details"]),
}


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _short(address: str | None) -> str:
    return (address or "").removeprefix("https://").removeprefix("http://").rstrip("/")


def _pairs(properties: dict[str, Any] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in (properties or {}).items() if value is not None)
