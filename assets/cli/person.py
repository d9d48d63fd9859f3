"""A person's page: who they are, and all that they did, out of the published copy."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from assets.cli import person_page
from assets.cli.person_sections import SECTIONS
from pipelines.errors import TrailhouseError
from pipelines.settings import Settings

app = typer.Typer()


class UnknownPerson(TrailhouseError):
    """An id leads to nobody, or to several persons; says which ids would do."""


MATCHES = """
select person_id, namespace || '/' || id_kind || '/' || id_value as id, because from people.identities
where {id} in (id_value, id_kind || '/' || id_value, namespace || '/' || id_kind || '/' || id_value)
order by id"""

NEAREST = """
select id_value from people.identities group by id_value
order by damerau_levenshtein(lower(id_value), lower(split_part({id}, '/', -1))), id_value limit 3"""


@app.command("person")
def person_(
    id: Annotated[str, typer.Argument(metavar="ID", help="Any id of theirs: u-000333, app/user/u-000333, a device's.")],
    last: Annotated[int, typer.Option(min=1, help="How many sessions, attempts and entries, the latest.")] = 25,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON document.")] = False,
) -> None:
    """One person's page: identities, stages, funnels, sessions and timeline, as of the last refresh."""
    page = page_of(Settings(), id)
    if as_json:
        print(json.dumps(person_page.cut(page, None if everything else last), default=datetime.isoformat, indent=2))
    else:
        person_page.show_page(page, None if everything else last)


def page_of(settings: Settings, id: str) -> dict[str, Any]:
    """{person_id, as_of, report_timezone, <section>: rows as dictionaries}; moments are in the report zone.

    What is not published has no section. Errors: UnknownPerson, QueryError.
    """
    from pipelines.config import load_config

    folder = settings.published_folder
    zone = ZoneInfo(load_config(settings.config_folder).house.report_timezone)
    person = find_person(folder, id)
    published = _rows(folder, "select table_name, as_of from published.tables", zone)
    known = {row["table_name"]: row["as_of"] for row in published}
    as_of = min(known[name] for section in SECTIONS.values() for name in section.reads if name in known)
    literals = {"person": _text(person), "as_of": f"timestamp '{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"}
    page: dict[str, Any] = {"person_id": person, "as_of": as_of, "report_timezone": zone.key}
    for name, section in SECTIONS.items():
        if known.keys() >= set(section.reads):
            page[name] = _rows(folder, section.query.format(**literals), zone, section.parsed)
    return page


def find_person(folder: Path, id: str) -> str:
    """The person whom an id leads to, whether it is written whole or not. Errors: UnknownPerson."""
    from pipelines.published import ask

    found = ask(folder, MATCHES.format(id=_text(id)))[1]
    persons = {person for person, _, _ in found if person}
    if len(persons) == 1:
        return persons.pop()
    if persons:
        whole = "\n  ".join(f"{each} -> {person}" for person, each, _ in found if person)
        raise UnknownPerson(f"'{id}' is an id of {len(persons)} persons; write the one you mean whole:\n  {whole}")
    if found:
        raise UnknownPerson(f"'{found[0][1]}' leads to {found[0][2]}")
    near = ", ".join(row[0] for row in ask(folder, NEAREST.format(id=_text(id)))[1])
    raise UnknownPerson(f"no id '{id}' was ever seen; the nearest: {near or 'none, as no id was'}")


def _rows(folder: Path, query: str, zone: ZoneInfo, parsed: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    from pipelines.published import ask

    columns, rows = ask(folder, query)
    return [
        {name: _value(name in parsed, value, zone) for name, value in zip(columns, row, strict=True)} for row in rows
    ]


def _value(is_json: bool, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).astimezone(zone)
    return json.loads(value) if is_json and value else value


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
