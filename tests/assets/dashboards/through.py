"""Questions that go through a Grafana's /api/ds/query, as its browser side asks them; and a Grafana's answers, on loopback."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import httpx

from pipelines.grafana.engines import UID, Engine
from pipelines.grafana.macros import Range, expanded, filled
from tests.assets.dashboards.engines import KINDS, Answer, Files
from tests.assets.dashboards.shown import Board, Json
from tests.grafana.refusals import need
from tests.grafana.server import Server

FIELDS = {
    "number": "number",
    "string": "text",
    "boolean": "bool",
    "time": "time",
}  # a frame's type -> what a panel draws
TYPES = {kind: field for field, kind in FIELDS.items()}


@dataclass(frozen=True)
class Through:
    """One data source of a Grafana. Its variables are the asker's to fill, its macros the plugin's."""

    client: httpx.Client
    engine: Engine

    def answer(self, query: Mapping[str, Any], values: Mapping[str, str], span: Range) -> Answer:
        """columns: name -> what a panel draws of it. Errors: AssertionError with what the data source says."""
        source, ref = {"type": self.engine.plugin, "uid": UID}, query["refId"]
        asked = {**query, "datasource": source, "rawSql": filled(query["rawSql"], values), "intervalMs": 1000}
        ends = {"from": str(_milliseconds(span.since)), "to": str(_milliseconds(span.until))}
        said = self.client.post("api/ds/query", json={"queries": [asked | {"maxDataPoints": 1000}], **ends})
        result = said.json().get("results", {}).get(ref, {})
        assert said.is_success and "error" not in result, f"{said.status_code}: {result.get('error') or said.text}"
        [frame] = result["frames"]
        columns = {str(each["name"]): str(FIELDS.get(each["type"], each["type"])) for each in frame["schema"]["fields"]}
        return Answer(columns, list(zip(*frame["data"]["values"], strict=True)))

    def rows(self, sql: str, span: Range) -> list[tuple]:
        """Of a variable's query."""
        return self.answer(asking(self.engine, sql), {}, span).rows


@contextmanager
def through(url: str, token: str, engine: Engine) -> Iterator[Through]:
    headers = {"Authorization": f"Bearer {token}"}
    verify = url.startswith("https:")  # certificates take longer to load than all questions
    with httpx.Client(base_url=f"{url.rstrip('/')}/", headers=headers, timeout=60, verify=verify) as client:
        yield Through(client, engine)


def asking(engine: Engine, sql: str) -> Json:
    return {"refId": "A", "rawSql": sql, "rawQuery": True, "format": engine.table_format}


def questions(board: Board) -> Iterator[tuple[str, Json]]:
    """(where it stands, query) of panels, annotations and variables."""
    yield from board.targets()
    named = [each for each in board.variables if each["type"] == "query"]
    yield from ((each["name"], asking(board.engine, each["query"])) for each in named)


def answering(server: Server, engine: Engine, files: Files) -> Callable[[Any], Any]:
    """What `Server.query` does in Grafana's place: the plugin's macros, its engine, its frames."""

    def query(body: Any) -> Any:
        [asked] = body["queries"]
        source = server.stored.sources.get(asked["datasource"]["uid"])
        need(source, 404, "Data source not found")
        need(type(asked["format"]) is type(engine.table_format), 400, "An error occurred within the plugin")
        span = Range(*(datetime.fromtimestamp(int(body[end]) / 1000, UTC) for end in ("from", "to")))
        try:
            answer = files.answer(expanded(engine, asked["rawSql"], span))
        except duckdb.Error as error:
            return {"results": {asked["refId"]: {"error": str(error), "status": 500}}}
        fields = [{"name": name, "type": TYPES[KINDS[kind]]} for name, kind in answer.columns.items()]
        values = [[row[place] for row in answer.rows] for place in range(len(fields))]
        frame = {"schema": {"refId": asked["refId"], "fields": fields}, "data": {"values": _as_json(values)}}
        return {"results": {asked["refId"]: {"status": 200, "frames": [frame]}}}

    return query


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _as_json(values: list[list[Any]]) -> list[list[Any]]:
    is_plain = (str, int, float, type(None))
    return [[each if isinstance(each, is_plain) else str(each) for each in column] for column in values]
