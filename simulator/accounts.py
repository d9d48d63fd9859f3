"""Two accounts of one person, and the explicit statements that join them or take them apart again."""

from simulator.days import HOUR, MINUTE, Calendar
from simulator.events import Trail
from simulator.visits import APP_PAGES, Visit


def use_two_accounts(trail: Trail, calendar: Calendar) -> None:
    """The second account is used on its own device; most say after some days that both are one."""
    person, dice = trail.person, trail.dice
    if not person.second_user or not person.second_device:
        return
    at = max(person.signed_up_at or 0, calendar.starts_at) + dice.between(12, 60) * HOUR
    for _ in range(dice.between(2, 5)):
        _use(trail, at)
        at += dice.between(10, 40) * HOUR + dice.between(0, 59) * MINUTE
    _state(trail, at)


def _use(trail: Trail, at: int) -> None:
    person = trail.person
    if person.second_device and person.second_user:
        visit = Visit(trail, person.second_device, at)
        visit.land("/login")
        visit.user = person.second_user
        visit.act("logged_in", {"method": "sso"})
        visit.browse(APP_PAGES, trail.dice.between(1, 6))


def _state(trail: Trail, at: int) -> None:
    """`alias` and `identify` with both ids join, `unalias` takes apart; the last one of a pair counts."""
    luck = trail.dice.random()
    if luck > 0.85:
        return
    _say(trail, at, "identify" if luck < 0.3 else "alias")
    if luck > 0.6:
        _say(trail, at + trail.dice.between(20, 80) * HOUR, "unalias")
    if luck > 0.75:
        _say(trail, at + trail.dice.between(100, 160) * HOUR, "alias")


def _say(trail: Trail, at: int, name: str) -> None:
    person = trail.person
    if person.second_user and person.user:
        visit = Visit(trail, person.devices[0], at)
        visit.path = "/app/account"
        visit.state(name, person.user, person.second_user)
