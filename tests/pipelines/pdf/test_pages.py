"""What Dagster shows of a PDF."""

from io import BytesIO

import pytest
from PIL import Image

from pipelines.pdf.pages import page_count, pictures, texts
from pipelines.pdf.painter import Painter
from tests.needs import needs_pango

pytestmark = needs_pango


@pytest.fixture(scope="module")
def four(painter: Painter) -> bytes:
    return painter.draw("four", "".join(f"<p style='break-after: page'>page {at}" for at in range(4))).pdf


def test_pages_are_counted_and_read(four: bytes):
    assert page_count(four) == 4
    assert [text.strip() for text in texts(four)] == ["page 0", "page 1", "page 2", "page 3"]


def test_the_first_pages_become_pictures(four: bytes):
    drawn = [Image.open(BytesIO(png)) for png in pictures(four, most=2, dots_per_inch=36)]
    assert [(each.format, each.size) for each in drawn] == [("PNG", (298, 421))] * 2
    assert min(drawn[0].convert("L").tobytes()) < 128
