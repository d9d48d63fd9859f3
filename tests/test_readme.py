"""What the README says is run: its commands, its example event, its example source, its map."""

import json
import re
import shlex
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from pipelines.config import load_config
from pipelines.config.yaml_lines import ConfigError
from pipelines.reports.work import Desk, draw_pages, send, take_numbers
from pipelines.warehouse import House, load_house, open_warehouse
from pipelines.work import new_tasks, read, run_all
from simulator import simulate
from tests.houses import settings_in
from tests.needs import needs_pango
from tests.shell import run_command

HOME = Path(__file__).parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.strip().splitlines()]


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory, house: House) -> Path:
    """Three simulated days, read and published."""
    folder = tmp_path_factory.mktemp("readme")
    truth = folder / "data" / "truth"
    simulate(days=3, users=12, seed=1, until=date(2026, 11, 1), into=folder / "inbox", truth=truth)
    settings = settings_in(folder)
    with open_warehouse(settings, house) as warehouse:
        read(warehouse, new_tasks(warehouse, settled=False))
        run_all(warehouse)
    return folder


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_every_make_command_is_a_target(line: str):
    listed = subprocess.run(["make", "help"], cwd=HOME, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^{line}\s", listed, re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith("make ")])
def test_every_other_command_answers(line: str, small_house: Path):
    words = shlex.split(line)
    assert words[0] == ".venv/bin/trailhouse"
    environment = {"TRAILHOUSE_DATA": str(small_house / "data"), "TRAILHOUSE_INBOX": str(small_house)}
    assert "━" in run_command(environment, *words[1:])  # a table


def test_the_example_event_is_accepted(tmp_path: Path, house: House):
    (example,) = blocks("json")
    assert json.loads(example)["event_name"] == "page_viewed"
    (tmp_path / "inbox" / "web").mkdir(parents=True)
    (tmp_path / "inbox" / "web" / "mine.ndjson").write_text(example)
    with open_warehouse(settings_in(tmp_path), house) as warehouse:
        counts = read(warehouse, new_tasks(warehouse, settled=False)).counts
    assert (counts.records_in, counts.accepted) == (1, 1)


@pytest.fixture
def config_with_orders(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "config", tmp_path / "config")
    report, monitor, source = blocks("yaml")
    for name, example in (("sources", source), ("reports", report), ("monitors", monitor)):
        with (tmp_path / "config" / f"{name}.yaml").open("a") as file:
            file.write("\n" + example)
    return tmp_path / "config"


def test_the_example_source_reads_a_line(tmp_path: Path, config_with_orders: Path):
    (tmp_path / "inbox" / "orders").mkdir(parents=True)
    (tmp_path / "inbox" / "orders" / "2026.csv").write_text("customer,paid_at,total\n17,2026-11-20 10:00,2.55\n")
    settings = settings_in(tmp_path, config=config_with_orders)
    with open_warehouse(settings, load_house(settings)) as warehouse:
        counts = read(warehouse, new_tasks(warehouse, settled=False)).counts
        run_all(warehouse)
        rows = warehouse.connection.execute("""select person_id, event_name, properties ->> 'total_cents'
            from warehouse.people.events""").fetchall()
    assert (counts.records_in, counts.accepted) == (1, 1)
    assert rows == [("shop/user/17", "order_paid", "255")]


@needs_pango
def test_the_example_report_is_made(small_house: Path, config_with_orders: Path):
    desk = Desk(settings_in(small_house), load_config(config_with_orders), "new_projects", date(2026, 10, 31))
    projects = take_numbers(desk).rows["projects"]
    assert draw_pages(desk).page_counts == {"new_projects.pdf": 1}
    (outcome,) = send(desk)
    assert outcome.is_complete
    (page,) = desk.settings.outbox_folder.glob("2026-10-31/new_projects/index.html")
    assert f"{len(projects)} new projects on Sat, 31 Oct 2026" in page.read_text()
    assert len(next(text for text in blocks("yaml") if "new_projects" in text).splitlines()) < 30


def test_the_example_monitor_binds(config_with_orders: Path):
    assert load_house(settings_in(config_with_orders.parent, config=config_with_orders)).config.monitors[
        "failing_regions"
    ]


def test_a_misspelt_word_is_refused_with_its_line(config_with_orders: Path):
    path = config_with_orders / "sources.yaml"
    wrong = path.read_text().replace("timestamp: paid_at", "timestmp: paid_at")
    path.write_text(wrong)
    line = wrong.splitlines().index("      timestmp: paid_at") + 1
    with pytest.raises(ConfigError, match=rf"sources\.yaml:{line}: .*'timestamp'"):
        load_config(config_with_orders)


def test_every_folder_of_the_map_exists():
    listed = re.findall(r"^\| `([a-z]+)/` \|", README, re.MULTILINE)
    assert len(listed) >= 7
    assert [name for name in listed if name != "data" and not (HOME / name).is_dir()] == []
    assert all((HOME / path).exists() for path in re.findall(r"!\[.*?\]\((.*?)\)", README))
