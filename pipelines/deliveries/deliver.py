"""Sends threads exactly as promised: what is known to be there is never sent again, what may be there is looked for first.

The ledger is committed before every call, so a run that dies goes on where it ended. Within a run a unit that may work
later is tried again; a refused one stops alone, and a parent that is not there holds back its replies.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

from pipelines.deliveries.channel import CannotRead, Channel, DeliveryError, Gone, NotNow, Refused, Unit, Unknown
from pipelines.deliveries.limits import fit
from pipelines.deliveries.messages import Thread
from pipelines.deliveries.plan import PersonOf, content_hash, plan
from pipelines.ledger import Ledger
from pipelines.ledger.deliveries import Deliveries
from pipelines.moments import now

TRIES = 5  # of a unit in one run
LONGEST_WAIT_SECONDS = 60  # between two tries, unless the channel asks for more
LONGEST_ASKED_SECONDS = 600  # what asks for more is left to the next run


@dataclass(frozen=True, slots=True)
class Outcome:
    """`counts`: units by state, as the ledger has them; `sent_now`: by this run; `changed`: sent earlier, with other words,
    which they still have."""

    counts: dict[str, int]
    sent_now: int
    changed: int
    problems: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return set(self.counts) == {"sent"}


def deliver(
    ledger: Ledger, channel: Channel, thread: Thread, person_of: PersonOf = str, wait_seconds: float = 600
) -> Outcome:
    """person_of: the person that an id leads to now, by people.identities; wait_seconds: for another run on this channel.

    Errors: MessageError before anything is planned, Busy, OSError of a disk. What a channel answers ends in the outcome.
    """
    return deliver_all(ledger, channel, [thread], person_of, wait_seconds)[0]


def deliver_all(
    ledger: Ledger,
    channel: Channel,
    threads: Sequence[Thread],
    person_of: PersonOf = str,
    wait_seconds: float = 600,
    patient: bool = True,
) -> list[Outcome]:
    """Threads of one channel. patient: False leaves to the next run whatever would have to be waited for."""
    threads, deliveries = [fit(each) for each in threads], Deliveries(ledger)
    (address,) = {channel.address(each) for each in threads}
    run = _Run(deliveries, channel, patient)
    with deliveries.alone(address, wait_seconds):
        outcomes = [_deliver(run, deliveries, each, address, person_of) for each in threads]
        for each in {(thread.report, thread.date, thread.channel): thread for thread in threads}.values():
            channel.finish(each)
    return outcomes


def _deliver(run: "_Run", deliveries: Deliveries, thread: Thread, address: str, person_of: PersonOf) -> Outcome:
    units = plan(deliveries, thread, address, person_of, run.files_apart)
    done_before = {unit.row.unit for unit in units if unit.row.state == "sent"}
    run.through(units, thread.edited)
    return _outcome(units, done_before)


def _outcome(units: list[Unit], done_before: set[str]) -> Outcome:
    counts = Counter(unit.row.state for unit in units)
    old = [unit for unit in units if unit.row.unit in done_before]
    changed = sum(unit.row.content_hash != content_hash(unit.content) for unit in old)
    problems = tuple(f"{unit.row.name}: {unit.row.state}, {unit.row.error}" for unit in units if unit.row.error)
    return Outcome(dict(counts), counts["sent"] - len(old), changed, problems)


class _NotSettled(Exception):
    """It may still come: the next run looks again."""


class _Run:
    """`stopped`: why nothing more of a thread is tried: the channel cannot even be read, or what was sent may still arrive."""

    def __init__(self, deliveries: Deliveries, channel: Channel, patient: bool = True) -> None:
        self._deliveries, self._channel, self._patient, self._stopped = deliveries, channel, patient, ""

    @property
    def files_apart(self) -> bool:
        return self._channel.files_apart

    def through(self, units: list[Unit], edited: bool) -> None:
        """edited: a parent that was sent with other words gets these."""
        self._stopped = ""
        parent, rest = units[0], units[1:]
        self._settle(parent)
        if edited and parent.row.state == "sent" and parent.row.content_hash != content_hash(parent.content):
            self._edit(parent)
        if parent.row.state == "sent":
            self._all(rest, parent.row.reference)
        else:
            self._hold_back(rest, f"waits for its parent, which is {parent.row.state}: {parent.row.error}")

    def _all(self, units: list[Unit], parent: str) -> None:
        for index, unit in enumerate(units):
            unit.parent = parent
            self._settle(unit)
            if self._stopped:
                return self._hold_back(units[index + 1 :], f"waits for the next run: {self._stopped}")

    def _edit(self, unit: Unit) -> None:
        """It stays sent; what fails is edited by the next run, as its words still differ."""
        hashed = content_hash(unit.content)
        try:
            self._channel.edit(unit)
        except Gone as error:
            self._move(unit, content_hash=hashed, error=str(error))
        except DeliveryError as error:
            self._move(unit, error=f"not edited: {error}")
        else:
            self._move(unit, content_hash=hashed, error="")

    def _hold_back(self, units: Iterable[Unit], why: str) -> None:
        for unit in units:
            if unit.row.state == "planned":
                self._move(unit, error=why)

    def _settle(self, unit: Unit) -> None:
        if unit.row.may_be_there:
            self._reconcile(unit)
        if unit.row.is_due:
            tries = stop_after_attempt(TRIES if self._patient else 1)
            again = retry_if_result(lambda waited: waited is not None)
            Retrying(stop=tries, wait=self._wait, retry=again, retry_error_callback=lambda _: None)(self._try, unit)

    def _wait(self, state: RetryCallState) -> float:
        """As long as the channel asks for; else a second, and twice as long each time."""
        asked = state.outcome.result() if state.outcome else 0
        return asked or min(self._channel.retry_seconds * 2.0 ** (state.attempt_number - 1), LONGEST_WAIT_SECONDS)

    def _try(self, unit: Unit) -> float | None:
        """How many seconds to wait before another try; None when there is none to make in this run."""
        row = unit.row
        self._move(unit, state="sending", attempts=row.attempts + 1, error="", content_hash=content_hash(unit.content))
        try:
            reference = self._channel.send(unit, lambda noted: self._move(unit, reference=noted))
        except NotNow as error:
            self._move(unit, state="failed", error=str(error))
            return error.wait_seconds if error.wait_seconds <= LONGEST_ASKED_SECONDS else None
        except Refused as error:
            self._move(unit, state="failed", stopped=1, error=str(error))
        except Unknown as error:
            self._move(unit, state="unknown", error=str(error))
            self._reconcile(unit)
            return 0 if unit.row.is_due else None
        else:
            self._move(unit, state="sent", reference=reference)
        return None

    def _reconcile(self, unit: Unit) -> None:
        """An unknown one becomes sent or failed by reading back, or stays unknown where that cannot be."""
        try:
            reference = self._read_back(unit)
        except CannotRead as error:
            if unit.row.state == "sending":
                self._move(unit, state="unknown", error=f"its sending was interrupted; {error}")
            return
        except _NotSettled:
            self._stopped = "what comes before it may still arrive"
            return
        except DeliveryError as error:
            self._move(unit, state="unknown", error=f"cannot be read back: {error}")
            self._stopped = "" if isinstance(error, Refused) else str(error)
            return
        if reference is None:
            self._move(unit, state="failed", error="its sending was interrupted, and it is not there")
        else:
            self._move(unit, state="sent", reference=reference, error="")

    def _read_back(self, unit: Unit) -> str | None:
        """What is not there at once may still come, until the channel has settled."""
        settle = self._channel.settle_seconds
        settled_at = min(unit.row.updated_at, now()) + int(settle * 1e6)
        while True:
            is_settled = now() >= settled_at
            reference = self._channel.find(unit)
            if reference is not None or is_settled:
                return reference
            if not self._patient:
                raise _NotSettled
            time.sleep(settle / 10)

    def _move(self, unit: Unit, **changes: str | int) -> None:
        unit.row = self._deliveries.move(unit.row, **changes)
