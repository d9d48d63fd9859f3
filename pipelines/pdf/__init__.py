"""Pages: a template and its figures in, a PDF out. Knows no table and no report by name.

    drawn = draw(Page("reports/daily 2026-11-26", "daily.html", figures, folder=templates))
    drawn.pdf, drawn.pages

Drawing happens in child processes with limits of time and memory (`painter.py`, `child.py`) that fetch nothing (`fetcher.py`)
and know only the fonts in `fonts/`, so the same figures give the same bytes. What the figures may be is in `parts.py`; the
macros that show them are in `templates/parts.html`. `pages.py` looks into a finished PDF.
"""

from pipelines.pdf.drawing import Page, draw, draw_many
from pipelines.pdf.painter import LIMITS, Drawn, Limits, PdfError

__all__ = ["LIMITS", "Drawn", "Limits", "Page", "PdfError", "draw", "draw_many"]
