import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.deliveries import File, Message, Outbox, Thread, blocks, deliver, deliver_all
from pipelines.deliveries.outbox import safe
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from tests.pipelines.deliveries.threads import CHANNEL, DAY, PDF, about, parent, thread

UNIT_FILES = "daily/C0123456789/*"
HOSTILE = "<script>alert(1)</script> & <!channel> {{ 7*7 }} '; drop table x; -- ../../x ‮rtl 😀"


def states(ledger: Ledger) -> list[tuple]:
    return [(row.unit, row.kind, row.state, row.attempts) for row in Deliveries(ledger).chosen()]


def written(tmp_path: Path) -> dict[str, int]:
    """File -> when it was written."""
    folder = tmp_path / "data" / "outbox"
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in found}


def test_a_thread_becomes_files_a_page_and_a_row_a_unit(ledger, outbox, tmp_path):
    outcome = deliver(ledger, outbox, thread("ann", "bob"))
    assert (outcome.counts, outcome.sent_now, outcome.is_complete) == ({"sent": 4}, 4, True)
    assert states(ledger) == [
        ("summary", "parent", "sent", 1),
        ("summary/daily.pdf", "file", "sent", 1),
        ("person:web/user/ann", "reply", "sent", 1),
        ("person:web/user/bob", "reply", "sent", 1),
    ]
    folder = tmp_path / "data" / "outbox" / "2026-11-26"
    assert [path.read_bytes() for path in folder.glob("daily/*/*-daily.pdf")] == [PDF]
    for row in Deliveries(ledger).chosen():
        said = json.loads((folder.parent / row.reference).read_bytes())
        assert said["unit"] == row.unit and said["marker"] == row.marker
    assert not list(folder.rglob("*.tmp"))


def test_a_run_the_next_minute_writes_nothing(ledger, outbox, tmp_path):
    deliver(ledger, outbox, thread("ann"))
    before = written(tmp_path)
    outcome = deliver(ledger, outbox, thread("ann"))
    assert (outcome.counts, outcome.sent_now, outcome.changed) == ({"sent": 3}, 0, 0)
    assert written(tmp_path) == before


def test_other_figures_under_a_sent_key_are_not_sent_again_but_counted(ledger, outbox, tmp_path):
    deliver(ledger, outbox, thread("ann"))
    before = written(tmp_path)
    outcome = deliver(ledger, outbox, thread("ann", summary=parent("42 new sign-ups")))
    assert (outcome.sent_now, outcome.changed) == (0, 1) and written(tmp_path) == before


def test_a_new_reply_of_a_later_run_goes_under_the_same_parent(ledger, outbox):
    deliver(ledger, outbox, thread("ann"))
    outcome = deliver(ledger, outbox, thread("bob", "ann"))
    assert (outcome.counts, outcome.sent_now) == ({"sent": 4}, 1)


def test_a_person_that_was_merged_meanwhile_is_not_told_of_again(ledger, outbox):
    deliver(ledger, outbox, thread("ann", "bob"))
    merged = {"web/user/carol": "web/user/ann", "web/user/ann": "web/user/ann", "web/user/bob": "web/user/bob"}
    outcome = deliver(ledger, outbox, thread("carol", "bob"), merged.__getitem__)
    assert (outcome.counts, outcome.sent_now) == ({"sent": 4}, 0)
    split = {name: name for name in merged}
    assert deliver(ledger, outbox, thread("carol", "bob"), split.__getitem__).sent_now == 1


def test_two_messages_about_one_person_are_both_sent(ledger, outbox):
    twice = replace(about("ann"), key="left:web/user/ann")
    whole = Thread("daily", DAY, CHANNEL, parent(), (about("ann"), twice))
    assert deliver(ledger, outbox, whole).sent_now == 4


def test_reports_dates_and_channels_are_apart(ledger, outbox):
    first = thread("ann")
    others = [replace(first, report="weekly"), replace(first, date=DAY.replace(day=27)), replace(first, channel="C2")]
    assert [deliver(ledger, outbox, each).sent_now for each in (first, *others)] == [3, 3, 3, 3]


def test_what_is_there_of_a_run_that_died_is_found_and_not_written_again(ledger, outbox, tmp_path):
    deliver(ledger, outbox, thread("ann"))
    deliveries, before = Deliveries(ledger), written(tmp_path)
    for row in deliveries.chosen():
        deliveries.move(row, state="sending", reference="")
    outcome = deliver(ledger, outbox, thread("ann"))
    assert outcome.counts == {"sent": 3} and written(tmp_path) == before
    assert [row.attempts for row in deliveries.chosen()] == [1, 1, 1]


def test_what_is_forgotten_is_sent_again_on_purpose(ledger, outbox, tmp_path):
    deliver(ledger, outbox, thread("ann"))
    before = written(tmp_path)
    deliveries = Deliveries(ledger)
    assert deliveries.forget(deliveries.numbered([3])) == 1
    assert deliver(ledger, outbox, thread("ann")).sent_now == 1
    changed = {name for name, at in written(tmp_path).items() if before[name] != at}
    assert len(changed) == 1 and "ann" in changed.pop()


def test_a_page_that_was_removed_comes_back_equal(ledger, outbox, tmp_path):
    deliver(ledger, outbox, thread("ann"))
    page = tmp_path / "data" / "outbox" / "2026-11-26" / "daily" / "index.html"
    before = page.read_bytes()
    page.unlink()
    deliver(ledger, outbox, thread("ann"))
    assert page.read_bytes() == before


def test_the_threads_of_a_report_are_on_one_page_in_the_order_in_which_they_were_sent(ledger, outbox, tmp_path):
    for key in ("b", "a"):
        deliver(ledger, outbox, thread("ann", "bob", report=f"stages/{key}", summary=parent(f"thread {key}")))
    (page,) = (tmp_path / "data" / "outbox").rglob("index.html")
    assert page.relative_to(tmp_path).as_posix() == "data/outbox/2026-11-26/stages/index.html"
    text = page.read_text()
    assert text.count("<details") == 2 and text.count("3 replies") == 2  # the file and two persons
    assert text.index("thread b") < text.index("bob has deployed") < text.index("thread a")
    links = re.findall(r'href="(.*?)"', text)
    assert len(links) == 2 and all((page.parent / link).read_bytes() == PDF for link in links)


def test_hostile_text_is_byte_equal_in_the_files_and_harmless_on_the_page(ledger, outbox, tmp_path):
    hostile = Message("x", HOSTILE, blocks=(blocks.section(HOSTILE),), files=(File("../../a b.pdf", HOSTILE, PDF),))
    deliver(ledger, outbox, Thread("../" + HOSTILE, DAY, "C1", Message("y", HOSTILE), (hostile,)))
    found = [json.loads(path.read_bytes()) for path in (tmp_path / "data" / "outbox").rglob("*.json")]
    assert sorted(each.get("text", "") for each in found) == ["", HOSTILE, HOSTILE]
    page = next((tmp_path / "data" / "outbox").rglob("index.html")).read_text()
    assert "<script" not in page and "&lt;script&gt;" in page and "{{ 7*7 }}" in page
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


@pytest.mark.parametrize("name", ["..", "", "../../etc/passwd", "a/b", "\x00", "x" * 500, ".hidden"])
def test_a_name_stays_in_its_folder(name: str):
    assert safe(name) and "/" not in safe(name) and safe(name)[0] != "." and len(safe(name)) <= 80


def test_a_table_of_an_older_ledger_is_made(tmp_path):
    import sqlalchemy as sa

    address = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    Ledger(address).change(sa.text("drop table deliveries"))
    assert deliver(Ledger(address), Outbox(tmp_path / "outbox"), thread()).sent_now == 2


def edited(text: str, *users: str) -> Thread:
    return replace(thread(*users, summary=Message("summary", text)), edited=True)


def test_a_thread_that_is_edited_keeps_its_message_and_gets_other_words(ledger, outbox, tmp_path):
    deliver(ledger, outbox, edited("it burns"))
    outcome = deliver(ledger, outbox, edited("it is over", "ann"))
    assert (outcome.counts, outcome.sent_now, outcome.changed) == ({"sent": 2}, 1, 0)
    said = {
        row.unit: json.loads((tmp_path / "data/outbox" / row.reference).read_bytes())
        for row in Deliveries(ledger).chosen()
    }
    assert said["summary"]["text"] == "it is over" and len(said) == 2
    before = written(tmp_path)
    deliver(ledger, outbox, edited("it is over", "ann"))
    assert written(tmp_path) == before


def test_a_page_shows_each_thread_of_a_report_by_itself(ledger, outbox, tmp_path):
    first, second = (
        Thread("daily", DAY, CHANNEL, Message(key, f"parent {key}"), (Message(f"{key}/1", f"reply {key}"),))
        for key in "ab"
    )
    assert all(each.is_complete for each in deliver_all(ledger, outbox, [first, second]))
    page = (tmp_path / "data" / "outbox" / "2026-11-26" / "daily" / "index.html").read_text()
    places = [page.index(text) for text in ("parent a", "reply a", "parent b", "reply b")]
    assert places == sorted(places)
