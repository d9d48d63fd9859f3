"""What is published of a shop, and the PostgreSQL that it is served from."""

from pathlib import Path

from pipelines.models import Model
from pipelines.published.postgres import serve
from tests.pipelines.published.small import (
    VISITS,
    model,
    put,
    put_parts,
    rows,
    secret,
    visits,
)

VISIT = model("shop.visits", VISITS, date="local_date", moment="started_at")


class Shop:
    """What is published, and PostgreSQL."""

    def __init__(self, folder: Path, url: str) -> None:
        self.published, self.url = folder / "published", url

    def serve(self, *tables: Model) -> dict[str, int]:
        return serve(secret(self.url), self.published, {table.name: table for table in tables})

    def put(self, generation: int, table: Model = VISIT, query: str | None = None) -> None:
        put(self.published, table, query or visits(100, generation), generation)

    def put_parts(self, generation: int, query: str, table: Model = VISIT) -> None:
        put_parts(self.published, table, query, generation)

    def rows(self, query: str) -> list[tuple]:
        return rows(self.url, query)
