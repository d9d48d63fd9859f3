"""Who there is: members, staff, visitors and bots, and what is settled about them before anyone acts.

`users` counts the members, the people who have or get an account. Visitors who never sign up, staff and bots
come on top. Everything here is drawn per person; what joins people (a shared device, an invitation) is in ties.
"""

from dataclasses import dataclass, field

from simulator.days import DAY, HOUR, Calendar
from simulator.devices import Device, make_device, make_private
from simulator.dice import Dice, Weighted

MEMBER, STAFF, VISITOR, BOT = "member", "staff", "visitor", "bot"
RHYTHMS = Weighted({"tourist": 36, "fading": 25, "returning": 7, "regular": 22, "power": 10})
# Accounts older than the log: their sign-up is not in it, and many of them come back after a silence.
EARLY_SHARE = 0.08
EARLY_RHYTHMS = Weighted({"fading": 15, "returning": 35, "regular": 35, "power": 15})
SECOND_ACCOUNTS = 0.03
COUNTRIES = Weighted({"DE": 38, "AT": 8, "CH": 7, "NL": 9, "FR": 11, "GB": 9, "PL": 8, "ES": 6, "IN": 4})


@dataclass(slots=True)
class Person:
    """`key` is the true person; `second_user` another account, tied to the first only by a statement."""

    number: int
    key: str
    role: str
    rhythm: str = "tourist"
    user: str | None = None
    second_user: str | None = None
    signed_up_at: int | None = None
    devices: list[Device] = field(default_factory=list)
    second_device: Device | None = None
    shape: str = "office"
    country: str = "DE"
    is_invited: bool = False
    invites: list[tuple[int, str]] = field(default_factory=list)
    fair: tuple[int, Device] | None = None

    @property
    def email(self) -> str:
        """Staff are known by their mail domain, as in a real company."""
        domain = "staff.example.com" if self.role == STAFF else "example.com"
        return f"{self.user}@{domain}"

    def all_devices(self) -> list[Device]:
        devices = [*self.devices, self.second_device, self.fair and self.fair[1]]
        return [device for device in devices if device is not None]


def make_people(users: int, seed: int, calendar: Calendar) -> list[Person]:
    """The people, numbered from 1, members first."""
    roles = [(MEMBER, users), (STAFF, users // 250 + 1), (VISITOR, users * 13 // 10), (BOT, users // 100 + 1)]
    sequence = [role for role, count in roles for _ in range(count)]
    people = [_make(number, role, seed, calendar) for number, role in enumerate(sequence, start=1)]
    _second_accounts(people, seed)
    return people


def _make(number: int, role: str, seed: int, calendar: Calendar) -> Person:
    dice = Dice(seed, "person", number)
    person = Person(number, f"p-{number:06d}", role, country=dice.draw(COUNTRIES))
    person.shape = "hobby" if dice.chance(0.3) else "office"
    _FILL[role](person, dice, calendar)
    return person


def _member(person: Person, dice: Dice, calendar: Calendar) -> None:
    person.user, person.rhythm = f"u-{person.number:06d}", dice.draw(RHYTHMS)
    person.devices = [make_device(dice, "desktop" if dice.chance(0.85) else "mobile")]
    if dice.chance(0.35):
        person.devices.append(make_device(dice, "mobile"))
    person.signed_up_at = calendar.moment(dice, dice.draw(calendar.arrivals), person.shape)
    if dice.chance(EARLY_SHARE):
        person.rhythm = dice.draw(EARLY_RHYTHMS)
        person.signed_up_at = calendar.starts_at - dice.between(1, 90) * DAY - dice.between(1, 9) * HOUR


def _staff(person: Person, dice: Dice, calendar: Calendar) -> None:
    person.user, person.rhythm, person.shape = f"u-{person.number:06d}", "power", "office"
    person.devices = [make_device(dice, "desktop")]
    person.signed_up_at = calendar.starts_at - dice.between(100, 900) * DAY


def _visitor(person: Person, dice: Dice, calendar: Calendar) -> None:
    person.devices = [make_private(dice) if dice.chance(0.02) else make_device(dice)]


def _bot(person: Person, dice: Dice, calendar: Calendar) -> None:
    """A crawler drops its cookies, so it looks like several."""
    person.shape = "flat"
    person.devices = [make_device(dice, "bot") for _ in range(dice.between(1, 4))]


_FILL = {MEMBER: _member, STAFF: _staff, VISITOR: _visitor, BOT: _bot}


def _second_accounts(people: list[Person], seed: int) -> None:
    """The second account lives on a device of its own: only a statement can tell that both are one person."""
    dice, number = Dice(seed, "second accounts"), len(people)
    for person in people:
        if person.role == MEMBER and dice.chance(SECOND_ACCOUNTS):
            number += 1
            person.second_user, person.second_device = f"u-{number:06d}", make_device(dice, "desktop")
