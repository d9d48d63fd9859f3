"""Readers in a loop, as Grafana's plugin and its PostgreSQL data source would read; what they saw goes into figures."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import yaml

from pipelines.published.files import CATALOG
from tests.faults.figures import Figures

SOURCES = Path(__file__).parents[3] / "grafana/provisioning/datasources/warehouse.yaml"
ONE = "select count(distinct ratio), count(*), max(ratio) from shop.first"
TWO = """select count(distinct ratio), count(*) / 2, max(ratio)
    from (select ratio from shop.first union all select ratio from shop.second) as both_of_them"""
Ask = Callable[[str], tuple]
PAUSE = 0.005  # seconds: who is killed needs the processor too


def guard(folder: Path) -> str:
    """What the shipped data source runs first."""
    [source] = yaml.safe_load(SOURCES.read_text())["datasources"]
    return source["jsonData"]["initSql"].replace("${TRAILHOUSE_PUBLISHED}", str(folder))


@contextmanager
def as_the_plugin(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One instance, opened read-only: its first connection runs the plugin's own settings and the guard, others run nothing."""
    with duckdb.connect(str(folder / CATALOG), read_only=True) as instance:
        for name, place in (("home", ""), ("extension", "/.duckdb/extensions"), ("secret", "/.duckdb/stored_secrets")):
            instance.execute(f"set {name}_directory = '/var/lib/grafana{place}'")
        instance.execute(guard(folder))
        yield instance


def asking_a_new_catalog(folder: Path) -> Ask:
    """Each question opens what stands there now."""

    def ask(query: str) -> tuple:
        with duckdb.connect() as connection:
            connection.execute(f"attach '{folder / CATALOG}' as published (read_only); use published")
            connection.execute(guard(folder))
            return connection.execute(query).fetchall()[0]

    return ask


@contextmanager
def reading(figures: Figures, asks: dict[str, tuple[Ask, str]], rows: int) -> Iterator[None]:
    """asks: who -> how they ask, and what. Counts answers as acknowledged, errors and mixed answers as torn."""
    stop, counts = threading.Event(), dict.fromkeys(asks, 0)

    def read_on(who: str, ask: Ask, query: str) -> None:
        while not stop.is_set():
            counts[who] += 1
            try:
                seen = ask(query)
            except Exception as error:  # whatever a reader would see
                figures.tear(who, [f"{type(error).__name__}: {error}"])
            else:
                figures.tear(who, [f"{seen[0]} generations in {seen[1]} rows"] if seen[:2] != (1, rows) else [])
            time.sleep(PAUSE)

    threads = [threading.Thread(target=read_on, args=(who, *how)) for who, how in asks.items()]
    for thread in threads:
        thread.start()
    with figures.timed():
        yield
        stop.set()
        for thread in threads:
            thread.join()
    figures.acknowledged += sum(counts.values())
    assert all(counts.values()), counts


@contextmanager
def asking_postgres(url: str) -> Iterator[Ask]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set lock_timeout = '2s'")
        yield lambda query: connection.execute(query.encode()).fetchall()[0]
