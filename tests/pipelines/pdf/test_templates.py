"""What goes into a page is what it says, whatever users call themselves; and it stays in its place."""

import re
import unicodedata
from collections import Counter
from datetime import datetime
from typing import Any

import pypdfium2 as pdfium
import pytest

from pipelines.pdf import Drawn, PdfError
from pipelines.pdf.html import fill
from pipelines.pdf.pages import texts
from pipelines.pdf.painter import Painter
from pipelines.pdf.parts import Column, Table
from tests.needs import needs_pango
from tests.pipelines.pdf.samples import HEAD, ODD, person, report

pytestmark = needs_pango


ZALGO = next(name for name in ODD if name.startswith("Z\u0334"))


def squeezed(text: str) -> str:
    """Without what only lays out: blanks, line ends, and in which of two equal ways a letter is composed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


@pytest.fixture(scope="module")
def drawn(painter: Painter) -> Drawn:
    return report().draw(painter)


@pytest.fixture(scope="module")
def said(drawn: Drawn) -> str:
    return squeezed("".join(texts(drawn.pdf)))


@pytest.mark.parametrize("name", [name for name in ODD if name != ZALGO])
def test_an_odd_name_is_in_the_pdf_as_it_was_given(said: str, name: str):
    assert squeezed(name) in said


def test_a_heap_of_marks_loses_none(drawn: Drawn):
    """Of marks above and below each other no reader of PDFs knows which came first."""
    there = Counter(unicodedata.normalize("NFD", "".join(texts(drawn.pdf))))
    assert Counter(unicodedata.normalize("NFD", ZALGO)) <= there


@pytest.mark.parametrize(
    "figure", ["797", "+4.9 % day before", "41.2 %", "4 min 36 s", "1,044", "39.5 %", "2,310", "90,000"]
)
def test_a_figure_is_in_the_pdf(said: str, figure: str):
    assert squeezed(figure) in said


def test_every_page_says_what_it_is_and_up_to_when(drawn: Drawn):
    pages = texts(drawn.pdf)
    assert drawn.pages == len(pages) > 3
    for at, text in enumerate(pages, 1):
        assert "Daily report" in text and "Thu, 26 Nov 2026" in text and f"{at} / {len(pages)}" in text
        assert "Data up to 2026-11-27 05:00, ledger position 35,218" in text and "Europe/Berlin" in text


def test_a_table_repeats_its_head_and_says_what_it_leaves_out(painter: Painter):
    pages = texts(report(row_count=700).draw(painter).pdf)
    assert "The first 500 of 700; 200 more are not shown." in pages[-1]
    assert [("Median time" in text) for text in pages[1:]] == [True] * (len(pages) - 1)
    assert "section-499" in pages[-1] and "section-500" not in pages[-1]


def test_a_person_s_page_repeats_the_day_in_the_zone(painter: Painter):
    pages = texts(person().draw(painter).pdf)
    assert "Wed, 25 Nov 2026" in pages[0] and "09:00:00" in pages[0]
    assert all(re.search(r"(Wed|Thu|Fri), 2\d Nov 2026", text) for text in pages)
    assert "TimeoutError: api-gateway took too long" in pages[0]


@pytest.mark.parametrize(("paper", "width", "height"), [("A4", 595, 842), ("Letter", 612, 792)])
def test_the_paper_is_the_one_asked_for(painter: Painter, paper: str, width: int, height: int):
    document = pdfium.PdfDocument(person(3, paper=paper).draw(painter).pdf)
    assert [round(side) for side in document[0].get_size()] == [width, height]


@pytest.mark.parametrize("name", ["x" * 10_000, "مرحبا" * 2_000, "🎉" * 10_000, "Z" + "\u0301" * 9_999, "a b " * 2_500])
def test_a_name_of_ten_thousand_letters_stays_on_its_page(painter: Painter, name: str):
    table = Table([Column("Name"), Column("Views", "count")], [(name, 1), ("next", 2)])
    drawn = report(table=table, title=name, period=name, about=name).draw(painter)
    assert drawn.pages <= 4 and squeezed("10,000 characters)") in squeezed(texts(drawn.pdf)[-1])


def test_no_data_is_said_and_is_not_zero(painter: Painter):
    empty: dict[str, Any] = {"tiles": [], "days": [], "funnel": [], "stages": [], "table": Table([Column("Page")], [])}
    text = texts(report(**empty).draw(painter).pdf)[0]
    assert text.count("No data.") == 3 and "No rows." in text
    assert "Nothing happened." in texts(person(0).draw(painter).pdf)[0]


@pytest.mark.parametrize("name", ["title", "period", "zone", "as_of", "ledger_position"])
def test_what_a_page_must_say_is_refused_when_missing(name: str):
    values = {key: value for key, value in HEAD.items() if key != name}
    with pytest.raises(
        PdfError, match=f"^daily: no PDF could be drawn: template base.html: UndefinedError: '{name}' is undefined"
    ):
        fill("daily", "base.html", values)


def test_an_unknown_paper_and_a_moment_without_zone_are_refused():
    with pytest.raises(PdfError, match="no attribute 'A9'"):
        fill("daily", "base.html", HEAD | {"paper": "A9"})
    with pytest.raises(PdfError, match="the moment 2026-11-27 05:00:00 has no zone"):
        fill("daily", "base.html", HEAD | {"as_of": datetime(2026, 11, 27, 5)})  # noqa: DTZ001


def test_text_is_never_read_as_a_template_or_as_html():
    html = fill("daily", "base.html", HEAD | {"title": "{{ 7*7 }}<script>x</script>\ud800"})
    assert "{{ 7*7 }}&lt;script&gt;x&lt;/script&gt;?" in html and "<script" not in html
