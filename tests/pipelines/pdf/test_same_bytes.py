"""The same figures give the same bytes, wherever and whenever they are drawn."""

import os
import subprocess
import sys
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from pipelines.pdf.painter import Painter
from tests.needs import needs_pango
from tests.pipelines.pdf.samples import report

pytestmark = needs_pango

HOUSE = Path(__file__).resolve().parents[3]
DRAW = """
import sys
from pipelines.pdf import draw
from tests.pipelines.pdf.samples import report
sys.stdout.buffer.write(draw(report(20)).pdf)
"""
HERE = {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"}
THERE = {
    "TZ": "Pacific/Apia",
    "LANG": "ar_EG.UTF-8",
    "LC_ALL": "de_DE.UTF-8",
    "PYTHONHASHSEED": "2",
    "FONTCONFIG_PATH": "/nowhere",
}


def drawn(folder: Path, environment: dict[str, str]) -> bytes:
    folder.mkdir()
    known = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(HOUSE)}
    return subprocess.run(
        [sys.executable, "-c", DRAW], cwd=folder, env=known | environment, capture_output=True, check=True
    ).stdout


def test_two_processes_in_two_worlds_draw_the_same(tmp_path: Path):
    one, other = drawn(tmp_path / "here", HERE), drawn(tmp_path / "there", THERE)
    assert len(one) > 20_000 and one == other


def test_a_child_that_has_drawn_before_draws_the_same(painter: Painter):
    first = report(20).draw(painter)
    painter.draw("between", "<p style='font: bold 30pt Noto Emoji'>🎉 between")
    assert report(20).draw(painter) == first


def test_the_date_is_the_data_s(painter: Painter):
    pdf = report(20).draw(painter).pdf
    told = pdfium.PdfDocument(pdf).get_metadata_dict()
    assert told["CreationDate"].startswith("D:20261127040000") and told["ModDate"].startswith("D:20261127040000")


@pytest.mark.parametrize("family", ["DejaVu Sans", "Arial", "serif", "monospace"])
def test_the_machine_s_fonts_are_not_there(painter: Painter, family: str):
    pdf = painter.draw("font", f"<p style=\"font-family: '{family}'\">words").pdf
    page = pdfium.PdfDocument(pdf)[0]
    fonts = {each.get_font().get_base_name() for each in page.get_objects() if isinstance(each, pdfium.PdfTextObj)}
    assert len(fonts) == 1 and "Noto-Sans" in fonts.pop()
