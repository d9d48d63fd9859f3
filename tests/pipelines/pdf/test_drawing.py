"""Drawing happens in children that are limited, and die alone. They are real ones here."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.pdf import Drawn, Limits, Page, PdfError, draw, draw_many
from pipelines.pdf.pages import page_count, texts
from pipelines.pdf.painter import Painter
from tests.needs import needs_pango

pytestmark = needs_pango

ENDLESS = "<table>" + "<tr><td>x" * 100_000
QUICK = Limits(seconds=3)


def word(at: int) -> Page:
    return Page.of_html(f"word {at}", f"<p>word{at}")


def test_a_page_comes_back_with_its_count():
    drawn = draw(Page.of_html("two", "<p>one<p style='break-before: page'>two"))
    assert drawn.pages == page_count(drawn.pdf) == 2
    assert [text.strip() for text in texts(drawn.pdf)] == ["one", "two"]


def test_twenty_pages_come_in_their_order():
    done = list(draw_many(map(word, range(20)), processes=2))
    assert [texts(each.pdf)[0].strip() for each in done if isinstance(each, Drawn)] == [f"word{at}" for at in range(20)]


def test_a_page_that_fails_takes_no_other_with_it():
    endless = Page.of_html("endless", ENDLESS)
    asking = Page.of_html("asking", "<img src='x.png'>")
    broken = Page("broken", "base.html", {})
    done = list(draw_many([word(0), endless, word(2), asking, broken, word(5)], processes=1, limits=QUICK))
    assert [each.reason if isinstance(each, PdfError) else each.pages for each in done] == [
        1,
        "time",
        1,
        "error",
        "error",
        1,
    ]


def test_pages_are_taken_as_they_are_needed():
    taken: list[int] = []

    def pages() -> Iterator[Page]:
        for at in range(20):
            taken.append(at)
            yield word(at)

    done = draw_many(pages(), processes=1)
    next(done)
    assert len(taken) < 5
    done.close()


def test_a_page_that_takes_too_long_says_so():
    with pytest.raises(PdfError, match=r"^endless: no PDF could be drawn: it took longer than 1 seconds$") as caught:
        draw(Page.of_html("endless", ENDLESS), Limits(seconds=1))
    assert caught.value.reason == "time"


@pytest.mark.skipif(sys.platform == "darwin", reason="its kernel has no such limit")
def test_a_page_that_takes_too_much_memory_says_so():
    with pytest.raises(PdfError, match=r"^hog: .*: it took more than 300 MiB of memory$") as caught:
        draw(Page.of_html("hog", "<p>" + "x" * 60_000_000), Limits(memory_bytes=300 << 20))
    assert caught.value.reason == "memory"


def test_a_child_that_dies_takes_only_its_page_with_it(painter: Painter):
    word(0).draw(painter)
    threading.Timer(0.5, kill_child, [painter]).start()
    with pytest.raises(PdfError, match=r"the drawing process died \(SIGKILL\)") as caught:
        painter.draw("endless", ENDLESS)
    assert caught.value.reason == "crash"
    assert word(1).draw(painter).pages == 1


def kill_child(painter: Painter) -> None:
    assert painter._child
    os.kill(painter._child.pid, signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the environment of a process is read from /proc")
def test_a_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRAILHOUSE_LEDGER_URL", "postgresql:///canary")
    with Painter() as painter:
        word(0).draw(painter)
        assert painter._child
        known = Path(f"/proc/{painter._child.pid}/environ").read_bytes()
    assert b"FONTCONFIG_FILE" in known and b"canary" not in known


def test_nothing_heavy_is_imported_where_pages_are_defined():
    code = "import sys, pipelines.pdf; sys.exit('weasyprint' in sys.modules or 'pypdfium2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
