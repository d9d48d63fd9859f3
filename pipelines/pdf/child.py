"""The process that draws, one page after another, until its input ends.

It reads a JSON line a page, {"html", "seconds"}, and answers a JSON line, {"pages", "bytes"} and then so many bytes of PDF, or
{"error"}. A page that takes too long is ended by the kernel's alarm, which no loop in C can hold up and which needs no parent;
one that takes too much memory ends the process with `OUT_OF_MEMORY`, for little can be relied on after it.
"""

import gc
import json
import os
import resource
import signal
import sys
from io import BytesIO
from typing import Any

START_SECONDS = 120  # imports on a busy machine; they are no page's fault
LAST_WORDS_BYTES = 1 << 20  # all that it may write to any file
OUT_OF_MEMORY = 77
PANGO = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def serve(memory_bytes: int) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    signal.setitimer(signal.ITIMER_REAL, START_SECONDS)
    fetcher = _import()
    gc.freeze()  # a page is thousands of objects: looking among them for garbage, again and again, is a fifth of its time
    gc.disable()
    _limit(memory_bytes)
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        for line in sys.stdin.buffer:
            head, pdf = _answer(json.loads(line), fetcher)
            answers.write(json.dumps(head).encode() + b"\n" + pdf)
            answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _import() -> Any:
    try:
        from pipelines.pdf.fetcher import Nothing
    except OSError as error:
        sys.exit(f"Pango is missing ({PANGO} installs it on Debian): {str(error)[:100]}")
    return Nothing()


def _limit(memory_bytes: int) -> None:
    most = {resource.RLIMIT_FSIZE: LAST_WORDS_BYTES, resource.RLIMIT_CORE: 0}
    if sys.platform != "darwin":  # whose kernel counts hundreds of gigabytes into it from the start
        most[resource.RLIMIT_AS] = memory_bytes
    for which, limit in most.items():
        _, hard = resource.getrlimit(which)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (limit, limit))


def _answer(job: dict[str, Any], fetcher: Any) -> tuple[dict[str, Any], bytes]:
    from weasyprint.urls import FatalURLFetchingError

    signal.setitimer(signal.ITIMER_REAL, job["seconds"])
    try:
        pages, pdf = _draw(job["html"], fetcher)
        return {"pages": pages, "bytes": len(pdf)}, pdf
    except MemoryError:
        raise
    except (Exception, FatalURLFetchingError) as error:
        return {"error": f"{type(error).__name__}: {error}"}, b""
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.collect()


def _draw(html: str, fetcher: Any) -> tuple[int, bytes]:
    from weasyprint import HTML

    document = HTML(string=html, base_url="page:", url_fetcher=fetcher).render()
    written = BytesIO()
    document.write_pdf(written)
    return len(document.pages), written.getvalue()
