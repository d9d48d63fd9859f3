"""A visit: one sitting at a browser, from the landing page to the last click, all sent by `web`."""

from simulator.days import DAY, HOUR, MINUTE
from simulator.devices import Device
from simulator.dice import Weighted
from simulator.events import Event, Trail

READING = (1, 8, 25, 70, 400)  # seconds between two events of a visit
TYPING = (4, 12, 30, 90)
PAGES = Weighted({"/": 30, "/pricing": 22, "/docs": 20, "/docs/quickstart": 16, "/blog": 8, "/changelog": 4})
APP_PAGES = Weighted({"/app": 30, "/app/projects": 25, "/app/runs": 22, "/app/deployments": 15, "/docs/api": 8})
LANDINGS = Weighted(
    {
        (None, None, None, None): 34,
        ("https://www.google.com/", None, None, None): 26,
        ("https://github.com/", None, None, None): 10,
        ("https://news.ycombinator.com/", None, None, None): 5,
        ("https://www.google.com/", "google", "cpc", "brand"): 11,
        ("https://www.linkedin.com/", "linkedin", "social", "launch"): 6,
        (None, "newsletter", "email", "autumn-news"): 8,
    }
)
_LATE_HOURS = (0.6, 2, 5, 14)
_LATE_DAYS = (1, 1.5, 3, 6)


class Visit:
    """A clock that moves on with every event, and the ids that the browser knows at that moment."""

    __slots__ = ("at", "device", "dice", "path", "trail", "uploads_at", "user")

    def __init__(self, trail: Trail, device: Device, at: int, is_punctual: bool = False) -> None:
        self.trail, self.dice, self.device, self.at = trail, trail.dice, device, at
        self.user: str | None = None
        self.path = "/"
        self.uploads_at = 0 if is_punctual else self._upload_time()

    def pause(self, seconds: tuple[float, ...]) -> None:
        self.at += int(self.dice.along(seconds) * 1000) * 1000

    def view(self, path: str) -> None:
        self.pause(READING)
        self.path = path
        self._send("page_viewed", {"path": path}, self._context(None))

    def land(self, path: str) -> None:
        """The first page of the visit: only this one carries referrer and campaign."""
        referrer, source, medium, name = self.dice.draw(LANDINGS)
        self.path = path
        context = dict(self._context(referrer))
        if source:
            context["campaign"] = {"source": source, "medium": medium, "name": name}
        self._send("page_viewed", {"path": path}, context)

    def act(self, name: str, properties: dict[str, object]) -> None:
        self.pause(TYPING)
        self._send(name, properties, self._context(None))

    def state(self, name: str, user: str, other_user: str) -> None:
        """An explicit statement about two user ids, without the device: it must not say who owns that."""
        self.pause(TYPING)
        ids = {"user": user, "other_user": other_user}
        self._keep(self.trail.web(name, self.at, self.device, ids, {}, self._context(None)))

    def identify(self) -> None:
        person = self.trail.person
        email = person.email if self.user == person.user else f"{self.user}@example.com"
        self._send("identify", {"email": email, "country": person.country}, self._context(None))

    def browse(self, pages: Weighted[str], count: int) -> None:
        for _ in range(count):
            self.view(self.dice.draw(pages))

    def _send(self, name: str, properties: dict[str, object], context: dict[str, object]) -> None:
        ids = {"anonymous": self.device.anonymous}
        if self.user:
            ids["user"] = self.user
        self._keep(self.trail.web(name, self.at, self.device, ids, properties, context))

    def _keep(self, event: Event) -> None:
        event.uploads_at = self.uploads_at

    def _context(self, referrer: str | None) -> dict[str, object]:
        """Equal contexts of a device are one object: they are many, and nobody changes them."""
        found = self.device.contexts.get((self.path, referrer))
        if found is None:
            page = {"path": self.path, "referrer": referrer} if referrer else {"path": self.path}
            device = {"type": self.device.kind}
            found = {"page": page, "device": device, "user_agent": self.device.user_agent}
            self.device.contexts[self.path, referrer] = found
        return found

    def _upload_time(self) -> int:
        """A device without a network keeps the whole visit and sends it hours or days later; 0 is at once."""
        luck = self.dice.random()
        if luck < 0.004:
            return self.at + int(self.dice.along(_LATE_DAYS) * DAY) // MINUTE * MINUTE
        if luck < 0.03:
            return self.at + int(self.dice.along(_LATE_HOURS) * HOUR) // MINUTE * MINUTE
        return 0


def look_around(trail: Trail, at: int) -> None:
    """An anonymous visit at one of the person's devices."""
    visit = Visit(trail, trail.dice.pick(trail.person.devices), at)
    visit.land(trail.dice.draw(PAGES))
    visit.browse(PAGES, trail.dice.count((0, 0, 1, 3, 8)))
