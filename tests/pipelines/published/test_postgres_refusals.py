"""What PostgreSQL refuses is told with what to do, and without the address; nothing was changed, and it is tried again."""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipelines.published import ask, publish
from pipelines.published.postgres import ServingError
from pipelines.settings import Settings
from pipelines.warehouse import House, open_warehouse
from pipelines.work import new_tasks, read, run_all
from tests.faults.catalogue import line
from tests.faults.place import AS_OF, Place
from tests.houses import settings_in, with_inputs
from tests.pipelines.published.shop import VISIT, Shop
from tests.pipelines.published.small import (
    rows,
    run,
    with_user,
)

CANARY = "canary-7f3a"


@pytest.fixture
def strict(postgres, url) -> Iterator[str]:
    """A user who has a password, which the server asks for, and no rights."""
    with psycopg.connect(url, autocommit=True) as connection:
        (path,) = connection.execute("show hba_file").fetchone() or ("",)
        before = Path(path).read_text()
        Path(path).write_text(f"local all strict scram-sha-256\n{before}")
        connection.execute("create role strict login password 'right'; select pg_reload_conf()")
    yield url.replace("postgresql://postgres:", "postgresql://strict:").replace(
        "postgresql://postgres@", "postgresql://strict@"
    )
    Path(path).write_text(before)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop role strict; select pg_reload_conf()")


def refusal(shop: Shop) -> str:
    with pytest.raises(ServingError) as refused:
        shop.serve(VISIT)
    told = "".join(traceback.format_exception(refused.value))
    assert CANARY not in told
    return str(refused.value)


def as_user(url: str, user: str, password: str) -> str:
    return f"postgresql://{user}:{password}@{url.partition('@')[2]}"


def test_a_wrong_password(shop, strict):
    shop.url = as_user(strict, "strict", CANARY)
    assert "the user or the password in it is wrong" in refusal(shop)


def test_no_right_to_it(shop, strict):
    shop.put(1)
    shop.url = as_user(strict, "strict", "right")
    assert "they must be granted" in refusal(shop)


def test_the_rights_that_are_documented_are_enough(shop, url):
    shop.put(1)
    name = url.partition("?")[0].rpartition("/")[2]
    run(url, "drop role if exists publisher; create role publisher login")
    [rights] = re.findall(
        r"(?s)(create role trailhouse_reader.*?)```", (Path(__file__).parents[3] / "docs/serving.md").read_text()
    )
    made = "create role trailhouse_reader nologin;"
    exists = rows(url, "select from pg_roles where rolname = 'trailhouse_reader'")
    run(
        url,
        rights.replace(made, "" if exists else made).replace(
            "database trailhouse to trailhouse", f"database {name} to publisher"
        ),
    )
    shop.url = with_user(url, "publisher")
    for generation in (1, 2):
        shop.put(generation)
        assert shop.serve(VISIT)
    assert shop.rows("select max(ratio) from shop.visits") == [(2,)]
    run(url, "drop owned by publisher; drop role publisher")


def test_no_such_database(shop):
    shop.url = shop.url.replace("?", "_more?") if "?" in shop.url else shop.url + "_more"
    assert "create it first" in refusal(shop)


def test_nobody_there(shop):
    shop.url = f"postgresql://u:{CANARY}@127.0.0.1:9/nothing"
    assert "is the server there" in refusal(shop)


WRONG = (f"mysql://u:{CANARY}@h/d", f"postgresql://u:{CANARY}@[h/d", f"postgresql://u:{CANARY}@h/d?sslmod=1", CANARY)


@pytest.mark.parametrize("address", WRONG)
def test_no_address_of_postgresql(shop, address):
    shop.url = address
    assert "postgresql://<user>" in refusal(shop)


def test_the_server_ends_the_session(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(
        shop.url,
        """create function shop.end_it() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
        create trigger ends before insert on shop.visits for each row execute function shop.end_it()""",
    )
    shop.put(2)
    assert "hanged" in refusal(shop)
    assert shop.rows("select max(ratio) from shop.visits") == [(1,)]


def test_a_full_disk_is_told(shop):
    shop.put(1)
    shop.serve(VISIT)
    run(
        shop.url,
        """create function shop.full() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
        create trigger fills before insert on shop.visits for each row execute function shop.full()""",
    )
    shop.put(2)
    assert "the server's disk is full" in refusal(shop)
    assert shop.rows("select max(ratio) from shop.visits") == [(1,)]


# ---- the setting


def test_the_setting_is_spelt_as_documented(monkeypatch):
    for name in ("WAREHOUSE_SERVING", "TRAILHOUSE_WAREHOUSE_SERVING"):
        with monkeypatch.context() as set_:
            set_.setenv(name, f"postgresql://u:{CANARY}@h/d")
            settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        assert settings.serving is not None and CANARY not in repr(settings)


def test_what_did_not_reach_postgresql_is_tried_again(tmp_path, house):
    small = House(house.config, with_inputs(["people.identities"], house.models))
    place = Place(tmp_path, serving=f"postgresql://u:{CANARY}@127.0.0.1:9/nothing")
    place.put("1.ndjson", line(event_id="e-1"))
    with open_warehouse(place.settings, small, wait_seconds=0) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False), as_of=AS_OF)
        with pytest.raises(ServingError):
            run_all(warehouse)
        assert ask(place.settings.published_folder, "select count(*) from people.identities")[1] == [(2,)]
        assert not (place.settings.published_folder / "state.json").exists()
    with open_warehouse(settings_in(tmp_path), small, wait_seconds=0) as warehouse:
        publish(warehouse)
    assert (place.settings.published_folder / "state.json").exists()
