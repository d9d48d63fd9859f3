"""The token is a canary in a whole run of Dagster: it may be in requests to Slack, and in nothing that the run leaves."""

import sqlite3
from pathlib import Path

import dagster as dg
import pytest

from pipelines.deliveries import slack_calls
from pipelines.house import HOUSE
from pipelines.orchestration.reports import report_assets
from pipelines.pdf.pages import texts
from tests.dagster_house import record
from tests.needs import needs_pango
from tests.slack.fake import Fault

pytestmark = [pytest.mark.xdist_group("slack"), needs_pango]

DAY = "2026-03-02"
CANARY = "xoxb-canary-1234567890"
QUICK = [  # what needs no waiting until all has settled
    Fault("chat.postMessage", "drop_after"),
    Fault("files.getUploadURLExternal", "html_before"),
    Fault("files.completeUploadExternal", "limited"),
]


@pytest.fixture
def house(lasting_house, slack, monkeypatch):
    monkeypatch.setenv("TRAILHOUSE_SLACK_TOKEN", CANARY)
    monkeypatch.setenv("TRAILHOUSE_SLACK_URL", f"{slack.url}api/")
    lasting_house.drop("a.ndjson", record("e1", "1"))
    lasting_house.build()
    return lasting_house


def run(house, slack) -> str:
    """Everything that two runs wrote, logged, or handed to Dagster: one that is refused, one that is sent with pains."""
    report = HOUSE.config.reports["morning"]
    assets = report_assets("morning", report)
    config = {"ops": {"report_morning_delivery": {"config": {"again": True}}}}
    for faults, revoked in (((), True), (QUICK, False)):
        slack.control(*faults, reset=True, token=CANARY, revoked=revoked, channels={report.channel: "member"})
        dg.materialize(assets, instance=house.instance, partition_key=DAY, run_config=config)
    return everything(house.folder)


def everything(folder: Path) -> str:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join([*(path.read_bytes().decode("latin-1") for path in found), *_rows(found), *_pages(found)])


def _rows(found: list[Path]) -> list[str]:
    """SQLite keeps what is short as it is, and what is long in pieces: so each row is read, too."""
    rows = []
    for path in (each for each in found if each.suffix in (".db", ".sqlite")):
        with sqlite3.connect(path) as connection:
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                rows += map(repr, connection.execute(f'select * from "{name}"').fetchall())
    return rows


def _pages(found: list[Path]) -> list[str]:
    return [text for path in found if path.suffix == ".pdf" for text in texts(path.read_bytes())]


def test_nothing_that_a_run_leaves_holds_the_token_and_one_in_an_error_would_be_seen(house, slack, monkeypatch):
    found = run(house, slack)
    assert len(slack.control()["messages"]) == 2  # it was let in by the token
    assert "token_revoked" in found and "Morning statistics" in found
    assert CANARY not in found
    monkeypatch.setattr(slack_calls, "_scope", lambda response: f" ({CANARY})")
    assert CANARY in run(house, slack)
