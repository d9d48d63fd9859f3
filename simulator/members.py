"""Members (and staff): they sign up, come back, work, invite and leave."""

from simulator.accounts import use_two_accounts
from simulator.days import MINUTE, Calendar
from simulator.events import Trail
from simulator.lives import RHYTHMS, active_days
from simulator.people import STAFF
from simulator.visits import APP_PAGES, PAGES, READING, Visit, look_around
from simulator.work import Work, incident_of

PLANS = ("free", "free", "free", "team", "pro")
LEAVING = ("too_expensive", "missing_feature", "other_tool", "no_time")


class Member:
    """A member's (or staff's) life, from the visits before the sign-up on."""

    def __init__(self, trail: Trail, calendar: Calendar) -> None:
        self.trail, self.calendar, self.person, self.dice = trail, calendar, trail.person, trail.dice
        self.rhythm = RHYTHMS[self.person.rhythm]
        self.work = Work(trail, incident_of(calendar.starts_at, calendar.ends_at))
        self.user = self.person.user or ""
        self.joined = self.person.signed_up_at or 0
        self.is_known = False

    def live(self) -> None:
        if self.joined >= self.calendar.starts_at:
            self._visit_before()
            self._sign_up()
        days = active_days(self.person, self.dice, self.calendar)
        for number in days:
            self._spend(number)
        self._leave(days)
        self._invite()
        self._go_to_the_fair()
        use_two_accounts(self.trail, self.calendar)

    def _visit_before(self) -> None:
        for _ in range(self.dice.count((0, 0, 1, 2, 4))):
            number = self.calendar.number_of(self.joined) - self.dice.count((1, 2, 4, 12))
            if number >= 0:
                look_around(self.trail, self.calendar.moment(self.dice, number, self.person.shape))

    def _sign_up(self) -> None:
        visit = Visit(self.trail, self.person.devices[0], self.joined)
        visit.land(self.dice.draw(PAGES))
        visit.browse(PAGES, self.dice.count((0, 1, 3)))
        visit.view("/signup")
        visit.user = self.user
        visit.act("signed_up", {"plan": self.dice.pick(PLANS), "method": self.dice.pick(("email", "sso"))})
        self.person.signed_up_at = visit.at
        visit.identify()
        self.is_known = True
        if self.person.is_invited:
            visit.act("invitation_accepted", {"email": self.person.email})
        self._set_up(visit)

    def _set_up(self, visit: Visit) -> None:
        """Project, first run, first deployment: each follows the one before, or nothing does."""
        for step in (self.work.create_project, self.work.run_code, self.work.deploy):
            visit.browse(APP_PAGES, self.dice.count((0, 1, 3)))
            if not self.dice.chance(self.rhythm.activates):
                return
            visit.pause((20, 60, 200, 1500))
            step(visit.at, self.user)

    def _spend(self, number: int) -> None:
        """A day on which the person comes: some visits, and for some also jobs at any hour."""
        for _ in range(self.dice.count(self.rhythm.visits)):
            self._come(self.calendar.moment(self.dice, number, self.person.shape))
        if self.work.projects:
            for _ in range(self.dice.count(self.rhythm.jobs)):
                job = self.work.deploy if self.dice.chance(0.2) else self.work.run_code
                job(self.calendar.moment(self.dice, number, "flat"), self.user)

    def _come(self, at: int) -> None:
        visit = Visit(self.trail, self.dice.pick(self.person.devices), at)
        visit.land("/" if self.dice.chance(0.6) else "/docs")
        if visit.device.kind == "mobile" and self.dice.chance(0.4):
            visit.browse(PAGES, self.dice.count((0, 1, 3)))
            return
        self._log_in(visit)
        if not self.work.projects and self.dice.chance(self.rhythm.activates):
            self.work.create_project(visit.at, self.user)
        if self.work.projects:
            self._build(visit)
        if self.dice.chance(0.15):
            visit.act("logged_out", {})

    def _log_in(self, visit: Visit) -> None:
        visit.view("/login")
        visit.user = self.user
        visit.act("logged_in", {"method": "password" if self.dice.chance(0.7) else "sso"})
        # Staff say who they are at once, so that every table can leave them out from the start.
        if not self.is_known or self.person.role == STAFF or self.dice.chance(0.1):
            visit.identify()
            self.is_known = True

    def _build(self, visit: Visit) -> None:
        for _ in range(self.dice.count(self.rhythm.runs)):
            visit.pause(READING)
            self.work.run_code(visit.at, self.user)
            visit.browse(APP_PAGES, self.dice.count((0, 0, 1, 2)))
        for _ in range(self.dice.count(self.rhythm.deploys)):
            visit.view("/app/deployments")
            self.work.deploy(visit.at, self.user)

    def _leave(self, days: list[int]) -> None:
        if self.person.rhythm == "fading" and days and self.dice.chance(0.2):
            visit = Visit(self.trail, self.person.devices[0], self.calendar.days[days[-1]].ends_at - 10 * MINUTE)
            self._log_in(visit)
            visit.act("plan_cancelled", {"reason": self.dice.pick(LEAVING)})

    def _invite(self) -> None:
        for at, email in self.person.invites:
            visit = Visit(self.trail, self.person.devices[0], at)
            visit.user, visit.path = self.user, "/app/team"
            visit.act("invited", {"email": email, "role": self.dice.pick(("member", "viewer"))})

    def _go_to_the_fair(self) -> None:
        """Everybody logs in on the same machine, and it is looked at in between by nobody in particular."""
        if self.person.fair:
            at, machine = self.person.fair
            visit = Visit(self.trail, machine, at, is_punctual=True)
            visit.browse(PAGES, 2)
            self._log_in(visit)
            visit.browse(APP_PAGES, 3)
