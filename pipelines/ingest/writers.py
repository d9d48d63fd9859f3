"""Who does the work of an ingest: this thread alone (small inputs), a thread on every core, or a child on every core.

Native records are judged in compiled loops that run beside each other in threads; mapped ones in Python, which needs a process
a core, and each first spends two seconds on its imports. All speak the same two steps a block: send(Block) -> receive() a
Judgement (only hashes and counts travel), then settle(Verdict). Blocks are sent ahead, so that nobody waits for the coordinator.
"""

import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from socket import socket, socketpair
from subprocess import Popen, TimeoutExpired
from threading import Thread

from pipelines.files.records import Block
from pipelines.ingest.messages import Messages
from pipelines.ingest.shelf import Judgement, Plan, Shelf, Verdict
from pipelines.lake import Segment

SERVE = "from pipelines.ingest.writers import serve; serve()"


class InProcess:
    """A shelf in this process."""

    depth = 1  # blocks that may be under way

    def __init__(self, plan: Plan, name: str) -> None:
        self._shelf = Shelf(plan, name)
        self._judgements: deque[Judgement] = deque()

    def send(self, block: Block) -> None:
        self._judgements.append(self._shelf.judge(block))

    def receive(self) -> Judgement:
        return self._judgements.popleft()

    def settle(self, verdict: Verdict) -> None:
        self._shelf.settle(verdict)

    def end(self) -> None:
        """Nothing to announce."""

    def finish(self) -> list[Segment]:
        return self._shelf.finish()

    def stop(self) -> None:
        self._shelf.stop()


class InThread:
    """A shelf in a thread of this process."""

    depth = 2

    def __init__(self, plan: Plan, name: str) -> None:
        self._shelf = Shelf(plan, name)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._judgements: deque[Future[Judgement]] = deque()
        self._settled: deque[Future[None]] = deque()

    def send(self, block: Block) -> None:
        self._judgements.append(self._thread.submit(self._shelf.judge, block))

    def receive(self) -> Judgement:
        while self._settled and self._settled[0].done():
            self._settled.popleft().result()  # a full disk is told now, not at the end
        return self._judgements.popleft().result()

    def settle(self, verdict: Verdict) -> None:
        self._settled.append(self._thread.submit(self._shelf.settle, verdict))

    def end(self) -> None:
        """Says that no more blocks come, so that all threads write their last segments at once."""
        self._last = self._thread.submit(self._shelf.finish)

    def finish(self) -> list[Segment]:
        for settled in self._settled:
            settled.result()
        return self._last.result()

    def stop(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._shelf.stop()


class Process:
    """A shelf in a child process, spoken to over a socket. Errors in the child are raised here.

    It is no `multiprocessing` child: those import again the program that was started, be it the command or Dagster.
    """

    depth = 2

    def __init__(self, plan: Plan, name: str) -> None:
        here, there = socketpair()
        with there:
            command = [sys.executable, "-P", "-c", SERVE, str(there.fileno())]
            self._child = Popen(command, pass_fds=[there.fileno()])
        self._messages = Messages(here)
        self._send((plan, name))

    def send(self, block: Block) -> None:
        self._send(block)

    def receive(self) -> Judgement:
        return self._receive()

    def settle(self, verdict: Verdict) -> None:
        self._send(verdict)

    def end(self) -> None:
        """Says that no more blocks come, so that all children write their last segments at once."""
        self._send(None)

    def finish(self) -> list[Segment]:
        return self._receive()

    def _send(self, message) -> None:
        with _telling():
            self._messages.send(message)

    def _receive(self):
        with _telling():
            answer = self._messages.receive()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self._messages.close()
        try:
            self._child.wait(timeout=10)
        except TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        what = "a writer process of this ingest was killed, for want of memory perhaps"
        raise ChildProcessError(f"{what}; nothing of the batch was acknowledged, run it again") from error


def serve() -> None:
    """The whole life of a child: its socket's number is its only argument; it ends when the coordinator hangs up."""
    messages, inbox = Messages(socket(fileno=int(sys.argv[1]))), SimpleQueue()
    reader = Thread(target=_read_on, args=(messages, inbox))
    reader.start()
    try:
        _work(messages, inbox)
    except EOFError:
        pass  # the coordinator is gone; nothing here was acknowledged
    except BaseException as error:
        with suppress(OSError):
            messages.send(error)
    reader.join()  # takes what is still sent: a coordinator that cannot send would not learn why


def _read_on(messages: Messages, inbox: SimpleQueue) -> None:
    """Takes what comes at once, so that the coordinator need not wait while this process judges."""
    try:
        while True:
            inbox.put(messages.receive())
    except (EOFError, OSError):
        inbox.put(EOFError())


def _work(messages: Messages, inbox: SimpleQueue) -> None:
    shelf = Shelf(*_next(inbox))
    while (message := _next(inbox)) is not None:
        if isinstance(message, Block):
            messages.send(shelf.judge(message))
        else:
            shelf.settle(message)
    messages.send(shelf.finish())


def _next(inbox: SimpleQueue):
    message = inbox.get()
    if isinstance(message, EOFError):
        raise message
    return message


@dataclass(slots=True)
class Pool:
    """Writers in turn: a block goes to the next one; verdicts are given in block order."""

    writers: list[InProcess] | list[InThread] | list[Process] = field(default_factory=list)

    @classmethod
    def start(cls, plan: Plan, count: int, native: bool) -> "Pool":
        """native: no record of the batch is mapped."""
        if count <= 1:
            return cls([InProcess(plan, "a")])
        if native:
            return cls([InThread(plan, _letters(n)) for n in range(count)])
        return cls([Process(plan, _letters(n)) for n in range(count)])

    @property
    def depth(self) -> int:
        """Blocks that may be under way in all writers together."""
        return sum(writer.depth for writer in self.writers)

    def finish(self) -> list[Segment]:
        """All segments of the batch, durable."""
        for writer in self.writers:
            writer.end()
        return [segment for writer in self.writers for segment in writer.finish()]

    def stop(self) -> None:
        for writer in self.writers:
            writer.stop()


def _letters(number: int) -> str:
    return chr(ord("a") + number % 26) * (1 + number // 26)
