"""The peer of bench/pdf.py, in processes that import nothing of ours: WeasyPrint on HTML that is there, page after page."""

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context


def draw(pages: Sequence[str], processes: int, environment: Mapping[str, str]) -> list[bytes]:
    """environment: of the processes, so that they know the same fonts. Their start counts, as that of ours does."""
    before = dict(os.environ)
    os.environ |= environment
    try:
        pool = ProcessPoolExecutor(processes, get_context("spawn"), _import)
        with pool:
            return list(pool.map(_draw, pages))
    finally:
        os.environ.clear()
        os.environ |= before


def _import() -> None:
    import weasyprint

    assert "pipelines" not in sys.modules and weasyprint.__version__


def _draw(html: str) -> bytes:
    from weasyprint import HTML

    written = BytesIO()
    HTML(string=html, base_url="page:").write_pdf(written)
    return written.getvalue()
