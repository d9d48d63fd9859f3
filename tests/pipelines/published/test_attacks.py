"""What a viewer's SQL may not do, on both engines: each attack is refused, or stopped by the mount; without the guard it works.

docs/serving.md has the table of these; what it says of each is what is tested here.
"""

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from pipelines.published.files import CATALOG, path_of
from tests.faults.mounts import read_only
from tests.needs import needs_mounting
from tests.pipelines.published.readers import as_the_plugin, guard
from tests.pipelines.published.small import VISITS, database, model, put, run, visits, with_user

VISIT = model("shop.visits", VISITS)
COUNT = "select count(*) from shop.visits"
STOLEN = Path("/tmp/trailhouse-stolen.csv")
READER_SQL = Path(__file__).parents[3] / "grafana/postgres/reader.sql"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Published, with a secret beside it."""
    whole = tmp_path_factory.mktemp("attacked")
    put(whole / "published", VISIT, visits(10))
    (whole / "secret.txt").write_text("secret")
    (whole / "secret.csv").write_text("a\n1\n")
    with duckdb.connect(str(whole / "secret.duckdb")) as connection:
        connection.execute("create table rows as select 1 as a")
    return whole / "published"


class Program:
    """A loopback server that remembers what it was asked for."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Says(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, format: str, *args) -> None:
                """Nobody reads along."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Says)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    started = Program()
    threading.Thread(target=started.server.serve_forever, daemon=True).start()
    yield started
    started.server.shutdown()
    started.server.server_close()


# ---- the DuckDB plugin

GUARDED = {  # attack -> what a viewer sends; {folder} is the mount
    "read a file": "select * from read_text('{folder}/../secret.txt')",
    "read a file by its name": "select * from '{folder}/../secret.csv'",
    "read another database": "select * from read_duckdb('{folder}/../secret.duckdb', table_name = 'rows')",
    "list files": "select * from glob('{folder}/../*')",
    "attach a database": "attach '{folder}/../secret.duckdb' as other (read_only)",
    "write a file": "copy (select 1) to '{folder}/../stolen.csv'",
    "write many files": "export database '{folder}/../stolen'",
    "change the memory's limit": "set memory_limit = '1TB'",
    "open the guard": "set allowed_directories = ['/']",
    "choose where spilled rows go": "set temp_directory = '{folder}/..'",
    "keep a secret": "create persistent secret stolen (type http, bearer_token 'x')",
}


@pytest.mark.parametrize("attack", GUARDED)
def test_the_guard_refuses(folder, attack):
    with (
        as_the_plugin(folder) as instance,
        pytest.raises(duckdb.Error, match=r"disabled by configuration|locked|are disabled"),
    ):
        instance.cursor().execute(GUARDED[attack].format(folder=folder)).fetchall()


@pytest.mark.parametrize("attack", GUARDED)
def test_without_the_guard_it_works(folder, attack, tmp_path):
    """On a copy: a control that did nothing would say nothing of the guard."""
    shutil.copytree(folder.parent, tmp_path / "copy")
    copy = tmp_path / "copy/published"
    with duckdb.connect(str(copy / CATALOG), read_only=True) as instance:
        instance.execute(f"set secret_directory = '{tmp_path}'")
        instance.execute(GUARDED[attack].format(folder=copy)).fetchall()


def test_extensions_and_the_network_are_refused(folder, program):
    attacks = {
        "install httpfs": "disabled by configuration",
        f"install httpfs from '{program.url}'": "disabled by configuration",
        "load httpfs": "Loading external extensions is disabled",
        "load '/tmp/x.duckdb_extension'": "Loading external extensions is disabled",
        f"from read_csv('{program.url}/rows.csv')": "disabled by configuration",
    }
    for attack, said in attacks.items():
        with as_the_plugin(folder) as instance:
            for connection in (instance, instance.cursor()):
                with pytest.raises(duckdb.PermissionException, match=said):
                    connection.execute(attack)
    assert program.asked == []


def test_without_the_guard_the_network_is_asked(folder, program, tmp_path):
    with duckdb.connect(str(folder / CATALOG), read_only=True) as instance, pytest.raises(duckdb.Error):
        instance.execute(f"set extension_directory = '{tmp_path}'; install httpfs from '{program.url}'")
    assert program.asked
    program.asked.clear()


OVERWRITES = "copy (select 1) to '{folder}/shop.visits.duckdb'"


@needs_mounting
def test_the_mount_keeps_the_published_files(folder):
    before = path_of(folder, "shop.visits").read_bytes()
    with read_only(folder), as_the_plugin(folder) as instance:
        for attack in (OVERWRITES, "copy (select 1) to '{folder}/more.csv'", "export database '{folder}/all'"):
            with pytest.raises(duckdb.IOException, match="Read-only"):
                instance.cursor().execute(attack.format(folder=folder))
    assert path_of(folder, "shop.visits").read_bytes() == before


def test_without_the_mount_they_can_be_overwritten(tmp_path):
    put(copy := tmp_path / "copy", VISIT, visits(10))
    with as_the_plugin(copy) as instance:
        assert instance.cursor().execute(COUNT).fetchall() == [(10,)]
        instance.cursor().execute(OVERWRITES.format(folder=copy))
        with pytest.raises(duckdb.Error, match="not a valid DuckDB database file"):
            instance.cursor().execute(COUNT)


def test_memory_is_bounded(folder):
    """With less, to be quick: what a query keeps counts, and the next one has it all again."""
    eats = "select sum(len(kept)) from (select array_agg(range) as kept from range(10000000))"
    with duckdb.connect(str(folder / CATALOG), read_only=True) as instance:
        instance.execute(guard(folder).replace("memory_limit = '1GB'", "memory_limit = '50MB'"))
        with pytest.raises(duckdb.OutOfMemoryException):
            instance.cursor().execute(eats).fetchall()
        assert instance.cursor().execute(COUNT).fetchall() == [(10,)]
    assert duckdb.sql(eats).fetchall() == [(10_000_000,)]


SHADOWS = "create temp macro read_duckdb(files, table_name := '') as table select 666 as visit, 'x' as person_id"


def test_a_function_of_the_session_does_not_stand_before_the_tables(folder):
    """The plugin hands connections on: what one viewer makes there another would read."""
    with as_the_plugin(folder) as instance:
        shared = instance.cursor()
        shared.execute(SHADOWS)
        assert shared.execute(COUNT).fetchall() == [(10,)]


def test_a_table_that_a_viewer_attaches_still_moves_on(tmp_path):
    """To attach what is published is no harm: it does not hold the table where it is."""
    put(copy := tmp_path / "copy", VISIT, visits(10))
    put(tmp_path / "next", VISIT, visits(11), 2)
    with as_the_plugin(copy) as instance:
        instance.cursor().execute(f"attach '{path_of(copy, VISIT.name)}' as held (read_only)")
        path_of(tmp_path / "next", VISIT.name).replace(path_of(copy, VISIT.name))
        assert instance.cursor().execute(COUNT).fetchall() == [(11,)]


def test_what_the_plugin_runs_holds_for_all_its_connections(folder):
    with as_the_plugin(folder) as instance:
        for connection in (instance, instance.cursor(), instance.cursor()):
            assert connection.execute(COUNT).fetchall() == [(10,)]
            with pytest.raises(duckdb.Error, match="disabled"):
                connection.execute("select * from read_text('/etc/hostname')")


# ---- PostgreSQL


@pytest.fixture(scope="module")
def shop(postgres, folder) -> Iterator[str]:
    """A database with the published tables, and the login of the data source, made as docs/serving.md says."""
    from pipelines.published.postgres import serve
    from tests.pipelines.published.small import secret

    with database(postgres) as url:
        serve(secret(url), folder, {VISIT.name: VISIT})
        run(url, "drop role if exists grafana; create table public.private as select 'secret' as a")
        run(url, READER_SQL.read_text().replace(":database", url.partition("?")[0].rpartition("/")[2]))
        yield url
        run(url, "drop owned by grafana; drop role grafana")


@pytest.fixture
def viewer(shop) -> Iterator[psycopg.Connection]:
    with psycopg.connect(with_user(shop, "grafana"), autocommit=True) as connection:
        yield connection


REFUSED = {
    "read a file": ("select pg_read_file('/etc/hostname')", "permission denied"),
    "read a file by copy": ("copy shop.visits from '/etc/hostname'", "permission denied"),
    "list files": ("select pg_ls_dir('/')", "permission denied"),
    "write a file": ("copy (select 1) to '" + str(STOLEN) + "'", "permission denied"),
    "run a program": ("copy (select 1) to program 'true'", "permission denied"),
    "import a file": ("select lo_import('/etc/hostname')", "permission denied"),
    "keep a large object": ("select lo_from_bytea(0, 'x')", "permission denied"),
    "overwrite what is published": ("delete from shop.visits", "permission denied"),
    "change its shape": ("alter table shop.visits add column a int", "must be owner"),
    "say another generation": ("update published.tables set generation = 9", "permission denied"),
    "make a table": ("create table shop.mine (a int)", "permission denied"),
    "make a table in public": ("create table public.mine (a int)", "permission denied"),
    "make a temporary table": ("create temp table mine (a int)", "permission denied"),
    "read what is not published": ("select * from public.private", "permission denied"),
    "load an extension": ("create extension dblink", "permission denied|not available"),
    "load a library": ("load '/tmp/x.so'", "access to library|permission denied|not allowed"),
    "become another role": ("set role postgres", "permission denied"),
    "give oneself rights": ("grant pg_read_server_files to grafana", "permission denied"),
    "change the server's settings": ("alter system set work_mem = '10GB'", "permission denied"),
    "write a log": ("set log_statement = 'all'", "permission denied"),
    "stop others": ("select pg_reload_conf()", "permission denied"),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_the_role_is_refused(viewer, attack):
    statement, said = REFUSED[attack]
    viewer.execute("set default_transaction_read_only = off")  # a viewer may: the rights must do
    with pytest.raises(psycopg.Error, match=said):
        viewer.execute(statement.encode())


NOT_TRIED = {
    "run a program",
    "load a library",
    "load an extension",
    "import a file",
}  # nothing of them could be taken back
TAKEN_BACK = {"change the server's settings": "alter system reset work_mem"}  # cannot be part of a transaction
FITTING = """alter table shop.visits drop person_id, drop started_at, drop local_date, drop ratio;
    alter table shop.visits alter visit type text"""


@pytest.mark.parametrize("attack", [each for each in REFUSED if each not in NOT_TRIED])
def test_for_the_owner_it_works(shop, attack):
    """What the owner does is rolled back: the role's rights alone make the difference."""
    with psycopg.connect(shop, autocommit=attack in TAKEN_BACK) as connection:
        if attack == "read a file by copy":
            connection.execute(FITTING)
        connection.execute(REFUSED[attack][0].encode())
        connection.execute(TAKEN_BACK[attack].encode()) if attack in TAKEN_BACK else connection.rollback()
    STOLEN.unlink(missing_ok=True)


def test_a_query_that_runs_on_is_ended(viewer):
    assert viewer.execute("show statement_timeout").fetchone() == ("30s",)
    viewer.execute("set statement_timeout = '100ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        viewer.execute("select count(*) from generate_series(1, 1000000000)")


def test_it_sees_what_is_published(viewer):
    assert viewer.execute(COUNT.encode()).fetchone() == (10,)
    assert viewer.execute("select table_name from published.tables").fetchone() == ("shop.visits",)
