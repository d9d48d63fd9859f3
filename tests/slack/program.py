"""The fake from the tests' side: starts the program, tells it what shall go wrong, and asks what has arrived."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from urllib.request import Request, urlopen

from pydantic import SecretStr

from pipelines.deliveries.slack import Slack
from pipelines.settings import Settings
from tests.slack.fake import Fault

TOKEN = "xoxb-good"


class Program:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.slack.fake"]
        self._process = subprocess.Popen(
            command, cwd=Settings().home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}/"

    def stop(self) -> None:
        self._process.communicate(timeout=30)

    def control(self, *faults: Fault, reset: bool = False, mend: bool = False, **values: object) -> dict:
        """The workspace, after what was told. reset: an empty one; mend: without faults."""
        wanted = {"reset": reset, "mend": mend, "set": values, "faults": [asdict(each) for each in faults]}
        with urlopen(Request(f"{self.url}control", json.dumps(wanted).encode()), timeout=30) as answer:
            return json.loads(answer.read())

    def channel(self, **changes) -> Slack:
        return slack_at(self.url, **changes)

    def wait_for_what_is_late(self) -> None:
        """Calls that hang and are taken in the end, files that are shared later: so that a late one is counted."""
        while self.control()["late"]:
            time.sleep(0.05)

    def arrived(self) -> Counter[str]:
        """How often each text or file title is in the workspace, by what people read."""
        return Counter(each.get("title") or each["text"] for each in self.control()["messages"])


def slack_at(url: str, token: str = TOKEN, **changes) -> Slack:
    """As in earnest, but in a hurry."""
    hurry = {"timeout": 10, "settle_seconds": 0.3, "pace_seconds": 0, "retry_seconds": 0.01} | changes
    return Slack(SecretStr(token), f"{url}api/", **hurry)
