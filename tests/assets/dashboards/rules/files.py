"""What stands in the file."""

import re
from pathlib import Path

from assets.dashboards.boards import FOLDERS
from pipelines.grafana.files import text_of
from tests.assets.dashboards.rules.rule import Complaints, put, rule
from tests.assets.dashboards.shown import Board
from tests.houses import settings_in


@rule(put("uid", value="trailhouse-moved"))
def its_file_is_what_it_would_become(board: Board) -> Complaints:
    path = settings_in(Path()).home / FOLDERS[board.engine.name] / "dashboards" / f"{board.name}.json"
    if not path.exists() or path.read_text() != text_of(board.made):
        yield f"{path}: run `trailhouse grafana build`"


@rule(put("description", value="Ask somebody@example.com at /home/somebody about the password."))
def it_holds_no_address_of_a_person_or_a_machine(board: Board) -> Complaints:
    yield from re.findall(r"[\w.]+@[\w.]+\w|/(?:home|root)/\w+|password", text_of(board.made))
