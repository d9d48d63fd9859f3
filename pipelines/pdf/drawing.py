"""Pages to PDF: one, or many on all cores."""

import os
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from markupsafe import Markup

from pipelines.pdf.html import fill
from pipelines.pdf.painter import LIMITS, Drawn, Limits, Painter, PdfError


@dataclass(frozen=True)
class Page:
    """A document to be drawn: `template` is a file of `folder`, or of this package, filled with `values`.

    `name` says in errors which one it was.
    """

    name: str
    template: str
    values: Mapping[str, Any]
    folder: Path | None = None

    @classmethod
    def of_html(cls, name: str, html: str) -> "Page":
        return cls(name, "raw.html", {"html": Markup(html)})

    def draw(self, painter: Painter) -> Drawn:
        return painter.draw(self.name, fill(self.name, self.template, self.values, self.folder))


def draw(page: Page, limits: Limits = LIMITS) -> Drawn:
    """Errors: PdfError."""
    with Painter(limits) as painter:
        return page.draw(painter)


def draw_many(
    pages: Iterable[Page], processes: int | None = None, limits: Limits = LIMITS
) -> Generator[Drawn | PdfError, None, None]:
    """The pages in their order, on `processes` children at once (all cores by default); a page that fails is its error.

    Pages are taken from `pages` as they are needed, so neither all figures nor all PDFs are ever held at once.
    """
    count = processes or os.cpu_count() or 1
    free: SimpleQueue[Painter] = SimpleQueue()
    under_way: deque[Future[Drawn | PdfError]] = deque()
    with ExitStack() as stack:
        for _ in range(count):
            free.put(stack.enter_context(Painter(limits)))
        threads = stack.enter_context(ThreadPoolExecutor(count))
        for page in pages:
            under_way.append(threads.submit(_draw, page, free))
            if len(under_way) > count:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _draw(page: Page, free: SimpleQueue[Painter]) -> Drawn | PdfError:
    painter = free.get()
    try:
        return page.draw(painter)
    except PdfError as error:
        return error
    finally:
        free.put(painter)
