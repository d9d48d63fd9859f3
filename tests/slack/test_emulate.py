"""The happy path against a Slack that others wrote, the npm package `emulate`: laxer than the fake here, and not our reading
of Slack's documentation."""

import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk import WebClient

from pipelines.deliveries import Thread, deliver
from pipelines.ledger.deliveries import Deliveries
from tests.needs import needs_npm
from tests.pipelines.deliveries.threads import PDF, thread
from tests.slack.program import slack_at

pytestmark = [pytest.mark.xdist_group("slack"), needs_npm]

PACKAGE = Path(__file__).with_name("emulate")
TOKEN = "test_token_admin"  # the one that it knows
START_SECONDS = 30


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emulate") / "package"
    shutil.copytree(PACKAGE, folder)
    command = ["npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm cannot fetch the package: {done.stderr.strip()[-200:]}")
    return folder


@pytest.fixture(scope="module")
def url(installed: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--service", "slack", "--port", str(port), "--base-url", f"http://127.0.0.1:{port}"]
    command = ["node", "--require", "./loopback.cjs", "node_modules/.bin/emulate", *options]
    with (installed / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=installed, stdout=log, stderr=log)
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"it does not listen after {START_SECONDS} s")


@pytest.fixture
def client(url: str) -> WebClient:
    return WebClient(TOKEN, f"{url}api/")


@pytest.fixture
def sent(client: WebClient) -> Thread:
    channel = client.conversations_list().get("channels", [])[0]["id"]
    return replace(thread("ann", "bob"), channel=channel, report=f"daily {time.monotonic_ns()}")


def replies(client: WebClient, ledger, report: str) -> list[dict]:
    """The thread as it stands there, its parent first."""
    parent = Deliveries(ledger).chosen(report=report)[0]
    channel, ts = parent.reference.split("/")
    return client.conversations_replies(channel=channel, ts=ts).get("messages", [])


def test_a_thread_arrives_once_in_order_and_a_run_the_next_minute_sends_nothing(ledger, url, client, sent):
    outcome = deliver(ledger, slack_at(url, TOKEN), sent)
    assert (outcome.counts, outcome.problems) == ({"sent": 4}, ())
    found = replies(client, ledger, sent.report)
    assert found[0]["text"] == "41 new sign-ups"
    assert [each["text"] for each in found if "deployed" in each["text"]] == [
        "ann has deployed again",
        "bob has deployed again",
    ]
    assert deliver(ledger, slack_at(url, TOKEN), sent).sent_now == 0
    assert replies(client, ledger, sent.report) == found


def test_the_file_is_there_whole_and_in_the_thread(ledger, url, client, sent):
    deliver(ledger, slack_at(url, TOKEN), sent)
    _, pdf, *_ = Deliveries(ledger).chosen(report=sent.report)
    file = client.files_info(file=pdf.reference).get("file", {})
    assert (file["title"], file["size"]) == ("Daily report", len(PDF))
    shared = [each for each in replies(client, ledger, sent.report) if each.get("files")]
    assert [each["id"] for message in shared for each in message["files"]] == [pdf.reference]


def test_what_may_be_there_is_found_again_and_not_sent_twice(ledger, url, client, sent):
    deliver(ledger, slack_at(url, TOKEN), sent)
    before = Counter(each["text"] for each in replies(client, ledger, sent.report))
    deliveries = Deliveries(ledger)
    for row in deliveries.chosen(report=sent.report):
        deliveries.move(row, state="unknown", reference=row.reference if row.kind == "file" else "")
    outcome = deliver(ledger, slack_at(url, TOKEN), sent)
    assert outcome.is_complete and Counter(each["text"] for each in replies(client, ledger, sent.report)) == before
    assert [row.attempts for row in deliveries.chosen(report=sent.report)] == [1, 1, 1, 1]
