"""A report that could not be made is refused when the house is loaded, with the line that is wrong."""

import shutil
from pathlib import Path

import pytest

from pipelines.config.reports import load_reports
from pipelines.config.yaml_lines import ConfigError
from pipelines.models import Model
from pipelines.reports.refusals import refuse_wrong_reports
from pipelines.settings import Settings
from pipelines.warehouse import House, load_house
from tests.houses import settings_in

RIGHT = """version: 1
reports:
  events:
    title: Events
    channel: C0123456789
    queries:
      days: |
        select local_date, event_count
        from metrics.daily
        where local_date = $report_date
      people: select person_id, stage from stages.current
      steps: select person_id, what from journeys.timeline where person_id in (select unnest($persons))
    message: |
      {{ rows.days[0].event_count | number }} on
      {{ date | day }} {{ thread.stage }}
    template: tables.html
    threads: {query: people, key: stage}
    replies:
      query: people
      thread: stage
      message: "{{ person.person_id }}"
      template: tables.html
      details: [steps]
"""
# what is written instead of what, the line of it, and what is said
MISTAKES = {
    "a table that is not there": ("from metrics.daily", "from metrics.dialy", 9, "did you mean 'metrics.daily'?"),
    "a table that is not public": ("from metrics.daily", "from people.events", 9, "is no public table"),
    "a table of the engine": ("from stages.current", "from information_schema.tables", 11, "is no public table"),
    "a file": ("from stages.current", "from read_csv('/etc/passwd')", 11, "file system operations are disabled"),
    "a table without its schema": ("from metrics.daily", "from daily", 9, "has no schema"),
    "a column": ("local_date, event_count", "local_date, event_cont", 8, 'Candidate bindings: "event_count"'),
    "a parameter": ("= $report_date", "= $report_dat", 7, "report_dat"),
    "no SELECT": ("select person_id, stage from stages.current", "drop table stages.current", 11, "one SELECT"),
    "no SQL": ("        from metrics.daily", "        frm metrics.daily", 9, "not SQL"),
    "types": ("= $report_date", "= epoch(source)", 10, "No function matches"),
    "a key of threads": ("key: stage", "key: stag", 17, "query 'people' has no column 'stag'; did you mean 'stage'?"),
    "the column of a thread": ("thread: stage", "thread: stge", 20, "did you mean 'stage'?"),
    "details without the person": ("person_id, what", "what", 23, "query 'steps' has no column 'person_id'"),
    "a page": ("    template: tables.html\n    thr", "    template: table.html\n    thr", 16, "mean 'tables.html'?"),
    "a person's page": ("      template: tables.html", "      template: persn.html", 22, "did you mean 'person.html'?"),
    "no template": ("{{ date | day }}", "{{ date | dya }}", 15, "no template: No filter named 'dya'"),
    "a name": ("{{ date | day }}", "{{ dat | day }}", 15, "speaks of 'dat'; did you mean 'date'?"),
    "a query": ("rows.days", "rows.day", 14, "speaks of 'rows.day'; did you mean 'days'?"),
    "a column of the thread": ("thread.stage }}", "thread.stagge }}", 15, "did you mean 'stage'?"),
    "a column of the person": ("person.person_id", "person.persn_id", 21, "did you mean 'person_id'?"),
    "a person in the parent": ("thread.stage }}", "person.stage }}", 15, "speaks of 'person'"),
}


@pytest.fixture(scope="module")
def models(house: House) -> dict[str, Model]:
    return house.models


def refuse(path: Path, text: str, models: dict[str, Model]) -> None:
    path.write_text(text)
    refuse_wrong_reports(path, load_reports(path, {}), models, Settings().templates_folder)


def test_what_is_right_is_let_through(tmp_path, models):
    refuse(tmp_path / "reports.yaml", RIGHT, models)


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, models, case):
    right, wrong, line, words = MISTAKES[case]
    assert RIGHT.count(right) == 1
    with pytest.raises(ConfigError) as error:
        refuse(tmp_path / "reports.yaml", RIGHT.replace(right, wrong), models)
    assert str(error.value).startswith(f"{tmp_path / 'reports.yaml'}:{line}: report 'events'")
    assert words in str(error.value)


def test_nothing_is_loaded_beside_a_wrong_report(tmp_path):
    shutil.copytree(Settings().config_folder, tmp_path / "config")
    with (tmp_path / "config" / "reports.yaml").open("a") as file:
        file.write("  mine: {title: Mine, channel: C0123456789, queries: {q: from raw.events}, message: x}\n")
    with pytest.raises(ConfigError, match=r"query 'q': reads raw\.events, which is no public table"):
        load_house(settings_in(tmp_path, config=tmp_path / "config"))
