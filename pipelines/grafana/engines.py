"""The two data sources that answer the same SQL: what each one's plugin is called, and what it takes."""

from dataclasses import dataclass

UID = "warehouse"  # of the data source, whichever engine stands behind it


@dataclass(frozen=True, slots=True)
class Engine:
    """table_format: what the plugin's backend reads as 'rows as they are'. A number in the one, a word in the other: the DuckDB
    plugin is built on a toolkit that takes numbers only, Grafana's own PostgreSQL source takes words only.
    """

    name: str
    plugin: str
    table_format: int | str


DUCKDB = Engine("duckdb", "motherduck-duckdb-datasource", 1)
POSTGRES = Engine("postgres", "grafana-postgresql-datasource", "table")
ENGINES = {engine.name: engine for engine in (DUCKDB, POSTGRES)}
