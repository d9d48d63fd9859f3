"""Looks into a finished PDF: how many pages, what they say, and pictures of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pypdfium2 as pdfium


@contextmanager
def _opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    document = pdfium.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def page_count(pdf: bytes) -> int:
    with _opened(pdf) as document:
        return len(document)


def texts(pdf: bytes) -> list[str]:
    """The text of each page."""
    with _opened(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def pictures(pdf: bytes, most: int = 3, dots_per_inch: int = 72) -> list[bytes]:
    """The first pages as PNG."""
    with _opened(pdf) as document:
        return [_png(document[at], dots_per_inch / 72) for at in range(min(most, len(document)))]


def _png(page: pdfium.PdfPage, scale: float) -> bytes:
    written = BytesIO()
    drawn = page.render(scale=scale)  # pyright: ignore[reportArgumentType] # it takes any number
    drawn.to_pil().save(written, "PNG")
    return written.getvalue()
