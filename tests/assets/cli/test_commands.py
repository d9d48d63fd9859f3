"""The commands as a person types them, on a house of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.lock import writer_lock
from tests.shell import run_command

PROJECT = Path(__file__).parents[3]
GOOD = '{"event_id":"e-%d","event_name":"page_viewed","timestamp":"2026-11-01T09:00:00Z","ids":{"user":"u-1"}}\n'
BAD = '{"event_id":"e-9","event_name":7,"timestamp":"2026-11-01T09:00:00Z","ids":{"user":"u-1"}}\n'


class Shell:
    """`shell(…)` runs a command in this process, where all is compiled already; `shell.process(…)` in one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "TRAILHOUSE_DATA": str(folder / "data"),
            "TRAILHOUSE_INBOX": str(folder),
            "TRAILHOUSE_THREADS": "1",
            "COLUMNS": "200",
        }

    def __call__(self, *words: str, code: int = 0) -> str:
        return run_command(self.environment, *words, code=code)

    def process(self, *words: str, code: int = 0) -> str:
        command = [str(Path(sys.executable).parent / "trailhouse"), *words]
        environment = os.environ | self.environment
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


def filled(folder: Path) -> Shell:
    inbox = folder / "inbox" / "web"
    inbox.mkdir(parents=True)
    (inbox / "first.ndjson").write_text(GOOD % 1 + BAD + "\n" + GOOD % 1 + GOOD % 2)
    return Shell(folder)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return filled(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """What was dropped is read and refreshed, each by a process."""
    shell = filled(tmp_path_factory.mktemp("published"))
    said = shell.process("ingest", "--no-wait-until-settled")
    assert ["1", "1", "5", "2", "1", "0", "1", "1"] in [numbers(line) for line in said.splitlines()]
    assert "metrics.daily" in shell.process("refresh")
    return shell


def numbers(line: str) -> list[str]:
    return [word for word in line.replace("│", " ").split() if word.isdigit()]


def test_from_a_file_to_an_answer(published: Shell):
    shell = published
    said = shell("query", "select source, event_count from metrics.daily order by 1")
    assert "│ all" in said and "│ web" in said
    assert "staff.example.com" in shell("exclude")
    assert "nothing new" in shell("refresh")
    assert "a full build was asked for" in shell("rebuild")


def test_what_was_refused_can_be_looked_at(shell: Shell):
    shell("ingest", "--no-wait-until-settled")
    said = shell("quarantine", "list")
    assert "bad_type" in said
    number = str((1 << 32) + 2)
    assert number in said
    said = shell("quarantine", "show", number)
    assert BAD.strip() in said and "inbox/web/first.ndjson" in said
    assert "no refused record" in shell("quarantine", "show", "5", code=2)


def test_what_is_right_after_a_fix_is_replayed(shell: Shell):
    config = shell.folder / "config"
    shutil.copytree(PROJECT / "config", config)
    sources = config / "sources.yaml"
    fixed = sources.read_text()
    sources.write_text(fixed.replace("folder: inbox/web\n", "folder: inbox/web\n    limits: {max_id_chars: 2}\n"))
    shell.environment["TRAILHOUSE_CONFIG"] = str(config)
    shell("ingest", "--no-wait-until-settled")
    sources.write_text(fixed)
    said = shell("quarantine", "replay", "--source", "web")
    assert ["2", "2", "1", "1", "0"] in [numbers(line) for line in said.splitlines()]
    assert "bad_type" in said
    assert "none" in shell("quarantine", "replay")
    assert "no refused record" in shell("quarantine", "show", str(1 << 32 | 1), code=2)


def test_an_empty_house_answers_kindly(tmp_path: Path):
    shell = Shell(tmp_path)
    assert "nothing is published yet" in shell("query", "select 1", code=1)
    assert "Refused records" in shell("quarantine", "list")
    shell("ingest")
    shell("refresh")


def test_only_questions_are_answered(published: Shell):
    shell = published
    assert "only SELECT" in shell("query", "copy (select 1) to 'x.csv'", code=1)
    assert "only SELECT" in shell("query", "drop view metrics.daily; select 1", code=1)
    assert "error" in shell("query", "select * from read_csv('/etc/passwd')", code=1)
    assert "Did you mean" in shell("query", "select * from metrics.dayly", code=1)


def test_an_unknown_source_is_named(shell: Shell):
    assert "no source 'wb'; known: web" in shell("ingest", "--source", "wb", code=2)


def test_a_second_writer_is_told(shell: Shell):
    shell.environment["TRAILHOUSE_LOCK_WAIT_SECONDS"] = "0.2"
    with writer_lock(shell.folder / "data" / "writer.lock"):
        assert f"process {os.getpid()} is writing" in shell.process("ingest", code=1)


def test_a_wrong_setting_is_named(shell: Shell):
    shell.environment["TRAILHOUSE_PROCESSES"] = "none"
    assert "processes" in shell("ingest", code=1)


def test_a_lake_is_compacted_and_scrubbed(shell: Shell):
    shell("ingest", "--no-wait-until-settled")
    assert "Compacted" in shell("compact")
    assert "2 segments" in shell("scrub")
    next((shell.folder / "data" / "lake" / "events").rglob("*.parquet")).unlink()
    said = shell("scrub", code=1)
    assert "it is missing" in said and "from a backup" in said
    assert "2 became events" in shell("scrub", "--strike", code=1)
    assert "2 segments" in shell("scrub")


def test_a_disk_that_takes_no_more_is_told_in_a_line(shell: Shell):
    lines = "".join(GOOD.replace("u-1", f"user-{n:09}-{n * 7919:012}") % n for n in range(20_000))
    (shell.folder / "inbox" / "web" / "much.ndjson").write_text(lines)
    command = f"ulimit -f 128; exec {Path(sys.executable).parent / 'trailhouse'} ingest --no-wait-until-settled"
    done = subprocess.run(
        ["sh", "-c", command], env=os.environ | shell.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ") and "run it again" in done.stderr
    assert "20,005" in shell("ingest", "--no-wait-until-settled")
