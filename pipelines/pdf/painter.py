"""A child process that draws, seen from its parent: started when needed, replaced when it died."""

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.errors import TrailhouseError
from pipelines.pdf.child import OUT_OF_MEMORY

FONTS = Path(__file__).with_name("fonts") / "fonts.conf"
PAGES_A_CHILD = 500  # so that what its libraries leak is no page's fault
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")  # where its libraries are; nothing else of ours


class PdfError(TrailhouseError):
    """A page could not be drawn; its figures can still be sent as text.

    `reason` is error (the template, or what it asks for), time, memory, or crash.
    """

    def __init__(self, name: str, reason: str, what: str) -> None:
        super().__init__(f"{name}: no PDF could be drawn: {what}")
        self.name, self.reason = name, reason


@dataclass(frozen=True)
class Limits:
    """What one page may take; a child's libraries alone take about 0.2 GiB of address space."""

    seconds: float = 60
    memory_bytes: int = 2 << 30


LIMITS = Limits()


@dataclass(frozen=True)
class Drawn:
    pdf: bytes
    pages: int


class Painter:
    """One child at a time, in an empty folder of its own. Not to be shared between threads."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._folder = TemporaryDirectory(prefix="pages-")
        self._child: Popen[bytes] | None = None
        self._drawn = 0

    def __enter__(self) -> "Painter":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.cleanup()

    def draw(self, name: str, html: str) -> Drawn:
        """Errors: PdfError; the next page gets a new child if this one died."""
        child = self._ready()
        answer = self._ask(child, html)
        if answer is None:
            raise self._died(name, child)
        if "error" in answer:
            raise PdfError(name, "error", answer["error"][:500])
        return Drawn(answer["pdf"], answer["pages"])

    def _ask(self, child: Popen[bytes], html: str) -> dict[str, Any] | None:
        """None: it died before it had answered in full."""
        assert child.stdin and child.stdout
        try:
            child.stdin.write(json.dumps({"html": html, "seconds": self._limits.seconds}).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            return None
        line = child.stdout.readline()
        answer = json.loads(line) if line.endswith(b"\n") else None
        if answer and "bytes" in answer:
            answer["pdf"] = child.stdout.read(answer["bytes"])
            return answer if len(answer["pdf"]) == answer["bytes"] else None
        return answer

    def _died(self, name: str, child: Popen[bytes]) -> PdfError:
        code, words = child.wait(), self._last_words()
        self._end()
        if code == -signal.SIGALRM:
            return PdfError(name, "time", f"it took longer than {self._limits.seconds:g} seconds")
        if code == OUT_OF_MEMORY or "failed to allocate" in words:
            return PdfError(name, "memory", f"it took more than {self._limits.memory_bytes >> 20:,} MiB of memory")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return PdfError(name, "crash", f"the drawing process died ({how}): {words or 'without a word'}")

    def _last_words(self) -> str:
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    @property
    def _errors(self) -> Path:
        return Path(self._folder.name) / "errors"

    def _ready(self) -> Popen[bytes]:
        if self._drawn >= PAGES_A_CHILD:
            self._end()
        self._drawn += 1
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> Popen[bytes]:
        command = [
            sys.executable,
            "-P",
            "-c",
            f"from pipelines.pdf.child import serve; serve({self._limits.memory_bytes:d})",
        ]
        with self._errors.open("wb") as errors:
            return Popen(
                command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=errors,
                cwd=self._folder.name,
                env=environment_of(self._folder.name),
            )

    def _end(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
        self._child, self._drawn = None, 0


def environment_of(folder: str) -> dict[str, str]:
    """No secrets, and nothing that could make two machines draw differently."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    fixed = {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
    places = {"HOME": folder, "TMPDIR": folder, "XDG_CACHE_HOME": folder, "FONTCONFIG_FILE": str(FONTS)}
    return kept | fixed | places
