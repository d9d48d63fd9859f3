"""What was refused, and why: read from the lake, so it needs no writer and no warehouse. After a fix: judged again."""

from contextlib import closing
from typing import Annotated

import typer

from assets.cli import show
from pipelines.settings import Settings

app = typer.Typer(help="Records that were refused, with the reason.", no_args_is_help=True)


def _quarantine(query: str, parameters: list) -> list[tuple]:
    """Runs `query` over `quarantine`: every refused record the ledger acknowledges and no replay has resolved."""
    import duckdb

    from pipelines.ledger import Ledger

    settings = Settings()
    with closing(Ledger(settings.ledger_address)) as ledger:
        segments = ledger.segments("quarantine", 0, ledger.last_batch())
        resolved = ledger.resolved_numbers()
    if not segments:
        return []
    paths = [str(settings.lake_folder / segment.path) for segment in segments]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("resolved", resolved)
        connection.read_parquet(paths).create_view("all_refused")
        connection.execute("create view quarantine as from all_refused anti join resolved using (quarantine_number)")
        return connection.execute(query, parameters).fetchall()


CHOSEN = "(reason = $1 or $1 is null) and (source = $2 or $2 is null)"


def refused_by_reason(reason: str | None = None, source: str | None = None) -> list[tuple]:
    """(source, reason, records), most first."""
    query = f"select source, reason, count(*) from quarantine where {CHOSEN} group by all order by 3 desc, 1, 2"
    return _quarantine(query, [reason, source])


@app.command("list")
def list_(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to show.")] = 50,
) -> None:
    """How many records were refused for which reason, and the latest of them."""
    latest = f"""select quarantine_number, source, reason, file, line, detail from quarantine
                 where {CHOSEN} order by quarantine_number desc limit {int(limit)}"""
    show.table("Refused records", ["source", "reason", "records"], refused_by_reason(reason, source))
    rows = [(str(row[0]), *row[1:]) for row in _quarantine(latest, [reason, source])]
    show.table("The latest", ["number", "source", "reason", "file", "line", "what"], rows)
    show.console.print("One of them whole: trailhouse quarantine show NUMBER")


@app.command("show")
def show_(number: Annotated[int, typer.Argument(help="quarantine_number, from `quarantine list`")]) -> None:
    """One refused record: everything known of it, and its raw bytes."""
    rows = _quarantine("select * exclude (raw), raw from quarantine where quarantine_number = ?", [number])
    if not rows:
        what = f"no refused record has the number {number}, or a replay resolved it"
        raise typer.BadParameter(f"{what}; see `trailhouse quarantine list`")
    columns = [
        row[0] for row in _quarantine("select column_name from (describe select * exclude (raw) from quarantine)", [])
    ]
    show.table("", ["field", "value"], zip(columns, [str(value) for value in rows[0][:-1]], strict=True))
    show.console.print("raw:", style="bold")
    show.console.print(rows[0][-1].decode("utf-8", "backslashreplace"), markup=False, highlight=False, soft_wrap=True)


@app.command("replay")
def replay_(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    batch: Annotated[int | None, typer.Option(help="Only what this batch refused.")] = None,
) -> None:
    """After a fix of config or code: judge refused records again; what is right by now becomes an event, once."""
    from pipelines.config import load_config
    from pipelines.replay import Wanted, replay
    from pipelines.warehouse import open_lake

    settings = Settings()
    sources = load_config(settings.config_folder).sources
    with open_lake(settings) as ledger, show.console.status("judging again"):
        done = replay(settings, sources, ledger, Wanted(reason, source, batch))
    counts = done.batch.counts
    moved = [done.batch.batch or "none", counts.accepted, counts.duplicate_same, done.still_refused.total()]
    columns = ["batch", "became events", "had come meanwhile", "still refused", "not replayable"]
    show.table("Replay", columns, [[*moved, done.not_replayable.total()]])
    stayed = [("still refused", *key, count) for key, count in sorted(done.still_refused.items())]
    stayed += [("not replayable", *key, count) for key, count in sorted(done.not_replayable.items())]
    if stayed:
        show.table("What stays", ["", "source", "why", "records"], stayed)
