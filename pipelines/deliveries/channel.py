"""What a channel must be able to do, and the three ways in which sending can fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipelines.deliveries.messages import File, Message, Thread
from pipelines.errors import TrailhouseError
from pipelines.ledger.deliveries import Delivery

LOOK = "look there, then `trailhouse deliveries confirm`, or `forget` if it did not arrive"


class DeliveryError(TrailhouseError):
    """One unit could not be delivered; says what the channel answered and what to do."""


class Refused(DeliveryError):
    """Known not to be there, and trying again would not help: somebody must mend something first. `code`: the channel's."""

    def __init__(self, what: str, code: str = "") -> None:
        super().__init__(what)
        self.code = code


class CannotRead(Refused):
    """The channel cannot be asked what it got: what its sending said is all that will be known."""


class Gone(Refused):
    """What should be edited is not there any more, or cannot be edited any more."""


class NotNow(DeliveryError):
    """Known not to be there; worth another try after so many seconds."""

    def __init__(self, what: str, wait_seconds: float = 0) -> None:
        super().__init__(what)
        self.wait_seconds = wait_seconds


class Unknown(DeliveryError):
    """It may be there or not."""


@dataclass(slots=True)
class Unit:
    """What one call sends. `row` is replaced whenever the ledger moves; `thread`: the unit of the thread's parent, `parent` its
    reference."""

    row: Delivery
    content: Message | File
    position: int  # of its message in the thread
    thread: str = ""
    parent: str = ""


Note = Callable[[str], None]  # commits a reference before the next step of the same unit


class Channel(Protocol):
    """What a run needs of it.

    settle_seconds: after so long, what cannot be found is not there and will not come; retry_seconds: until a second try.
    files_apart: a file is a unit of its own, sent after its message; else it goes with it.
    """

    settle_seconds: float
    retry_seconds: float
    files_apart: bool

    def address(self, thread: Thread) -> str:
        """What stands for the channel in the ledger."""
        ...

    def send(self, unit: Unit, note: Note) -> str:
        """Returns the reference by which people find it. Errors: Refused, NotNow, Unknown."""
        ...

    def edit(self, unit: Unit) -> None:
        """Puts other words in place of a message that was sent; twice is as once. Errors: Refused, NotNow, Unknown."""
        ...

    def find(self, unit: Unit) -> str | None:
        """The reference of what an earlier `send` delivered, looked up by the row's marker. Errors: Refused, Unknown."""
        ...

    def finish(self, thread: Thread) -> None:
        """After every run, also one that sent nothing."""
        ...
