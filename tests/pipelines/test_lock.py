import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.lock import Busy, writer_lock

HOLD = """
import sys, time
from pathlib import Path
from pipelines.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_writer_is_told_who_writes(tmp_path, holder):
    with pytest.raises(Busy, match=f"process {holder.pid} is writing"), writer_lock(tmp_path / "lock"):
        pass


def test_the_lock_dies_with_its_holder(tmp_path, holder):
    holder.kill()
    holder.wait()
    with writer_lock(tmp_path / "lock", wait_seconds=5):
        pass
