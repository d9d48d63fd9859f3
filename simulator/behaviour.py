"""What people do, by role: visitors look around, bots crawl, members and staff live (see members)."""

from simulator.days import Calendar
from simulator.dice import Dice
from simulator.events import Trail
from simulator.members import Member
from simulator.people import BOT, VISITOR, Person
from simulator.visits import PAGES, Visit, look_around


def act(person: Person, seed: int, calendar: Calendar) -> Trail:
    """Everything the person does, in no particular order, some of it beyond the last simulated day."""
    trail = Trail(person, Dice(seed, "behaviour", person.number))
    if person.role == VISITOR:
        _visit(trail, calendar)
    elif person.role == BOT:
        _crawl(trail, calendar)
    else:
        Member(trail, calendar).live()
    return trail


def _visit(trail: Trail, calendar: Calendar) -> None:
    """Some visits, each a few days after the one before, and never a sign-up."""
    dice, number = trail.dice, trail.dice.draw(calendar.arrivals)
    for _ in range(dice.count((1, 1, 1, 2, 5))):
        if number < len(calendar.days):
            look_around(trail, calendar.moment(dice, number, trail.person.shape))
        number += dice.between(0, 5)


def _crawl(trail: Trail, calendar: Calendar) -> None:
    """Bots come at any hour and read page after page."""
    dice = trail.dice
    for number in range(len(calendar.days)):
        if dice.chance(0.5):
            visit = Visit(trail, dice.pick(trail.person.devices), calendar.moment(dice, number, "flat"), True)
            visit.browse(PAGES, dice.count((1, 4, 10, 40)))
