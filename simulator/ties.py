"""What ties members to each other: a device of the household, an invitation, the demo machine at a fair."""

from simulator.days import DAY, HOUR, MINUTE, Calendar
from simulator.devices import make_device
from simulator.dice import Dice
from simulator.people import MEMBER, Person

# A household has at most three users, the fair's machine at least twelve: any limit between tells them apart.
HOUSEHOLD_USERS, FAIR_USERS, FAIR_GUESTS = 3, 12, 20


def tie(people: list[Person], seed: int, calendar: Calendar) -> None:
    """Settles the ties in place."""
    members = [person for person in people if person.role == MEMBER]
    _households(members, Dice(seed, "households"))
    _invitations(members, Dice(seed, "invitations"), calendar)
    _fair(members, Dice(seed, "fair"), calendar)


def _households(members: list[Person], dice: Dice) -> None:
    """Neighbours in the list share the first one's main device; those with two accounts stay out of it."""
    singles = [person for person in members if person.second_user is None]
    start = 0
    while start < len(singles):
        size = dice.between(2, HOUSEHOLD_USERS) if dice.chance(0.02) else 1
        for person in singles[start + 1 : start + size]:
            person.devices[0] = singles[start].devices[0]
        start += size


def _invitations(members: list[Person], dice: Dice, calendar: Calendar) -> None:
    """A tenth joins by an invitation of somebody who was there before; some invitations lead nowhere."""
    ordered = sorted(members, key=lambda person: (person.signed_up_at or 0, person.number))
    for place, person in enumerate(ordered):
        joined = person.signed_up_at or 0
        host = ordered[dice.between(0, place)]
        invited_at = joined - int(dice.along((0.2, 5, 20, 60)) * 60) * MINUTE
        if dice.chance(0.12) and max(host.signed_up_at or 0, calendar.starts_at) + HOUR < invited_at:
            person.is_invited = True
            host.invites.append((invited_at, person.email))
        if dice.chance(0.06):
            host.invites.append((joined + dice.between(1, 90) * HOUR, f"guest-{person.number:06d}@example.com"))


def _fair(members: list[Person], dice: Dice, calendar: Calendar) -> None:
    """Two thirds into the time, guests log in on one machine. With few members there is no fair at all."""
    day = calendar.days[len(calendar.days) * 2 // 3]
    known = [each for each in members if (each.signed_up_at or 0) < day.starts_at and not each.second_user]
    # The last two days are left out: what is sent late must still arrive.
    if len(known) < 2 * FAIR_GUESTS or day.ends_at + 2 * DAY > calendar.ends_at:
        return
    machine, step = make_device(dice, "desktop"), len(known) // FAIR_GUESTS
    for place in range(FAIR_GUESTS):
        at = day.starts_at + 9 * HOUR + place * 20 * MINUTE + dice.between(0, 300_000) * 1000
        known[place * step].fair = (at, machine)
