"""Who is one person as the semantics define it: an independent, plain computation over the delivered events.

- A user id is never cut; two are one person when the last statement about them, by (occurred_at, event_id), joins.
- An anonymous id belongs to the first user it was seen with, by (occurred_at, source, event_id); with too
  many users it belongs to nobody.
- An event with only the id of a deployment or job follows the earliest event that carried that id together with a person.
"""

from collections.abc import Iterable

from simulator.devices import is_identity
from simulator.events import Event
from simulator.ties import FAIR_USERS

Moment = tuple[int, str, str]
PARTING = "unalias"
OTHER_KINDS = ("deployment_id", "job_id")


class Identities:
    """`person_of_<kind>`: id -> person_id, None when the id is nobody's; of `other`: kind -> id -> person_id."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._seen: dict[str, tuple[int, str]] = {}  # user -> first time
        self._owners: dict[str, tuple[Moment, str]] = {}  # anonymous -> first user it was seen with
        self._carriers: dict[str, dict[str, tuple[Moment, Event]]] = {
            kind: {} for kind in OTHER_KINDS
        }  # first with a person
        self._statements: dict[tuple[str, str], tuple[int, str, bool]] = {}
        self.users_of: dict[str, set[str]] = {}
        for event in events:
            self._read(event)
        self.person_of_user = self._join_users()
        self.person_of_anonymous = {anonymous: self._owner(anonymous) for anonymous in sorted(self.users_of)}
        self.person_of_other = {
            kind: {key: self.person_of(event) for key, (_, event) in first.items()}
            for kind, first in self._carriers.items()
        }

    def person_of(self, event: Event) -> str | None:
        """The person_id that the event must get."""
        ids = event.ids
        if "user" in ids:
            return self.person_of_user[ids["user"]]
        if "anonymous" in ids:
            return self.person_of_anonymous.get(ids["anonymous"])
        kind = next(each for each in OTHER_KINDS if each in ids)
        return self.person_of_other[kind].get(ids[kind])

    def persons(self) -> set[str]:
        """Everybody, by person_id."""
        known = set(self.person_of_user.values()) | set(self.person_of_anonymous.values())
        return {person for person in known if person}

    def shared(self) -> list[str]:
        """The anonymous ids that several users used."""
        return sorted(anonymous for anonymous, users in self.users_of.items() if len(users) > 1)

    def _read(self, event: Event) -> None:
        ids, moment = event.ids, (event.occurred_at, event.source, event.event_id)
        user, anonymous = ids.get("user"), ids.get("anonymous")
        for each in (user, ids.get("other_user")):
            if each:
                self._seen[each] = min((event.occurred_at, each), self._seen.get(each, (event.occurred_at, each)))
        if anonymous and is_identity(anonymous):
            self._read_anonymous(anonymous, user, moment)
        for kind in OTHER_KINDS if user else ():
            self._read_carrier(kind, event, moment)
        if user and "other_user" in ids:
            self._read_statement(event, user, ids["other_user"])

    def _read_carrier(self, kind: str, event: Event, moment: Moment) -> None:
        if kind in event.ids:
            first = self._carriers[kind].setdefault(event.ids[kind], (moment, event))
            if moment < first[0]:
                self._carriers[kind][event.ids[kind]] = (moment, event)

    def _read_anonymous(self, anonymous: str, user: str | None, moment: Moment) -> None:
        users = self.users_of.setdefault(anonymous, set())
        if user:
            users.add(user)
            self._owners[anonymous] = min((moment, user), self._owners.get(anonymous, (moment, user)))

    def _read_statement(self, event: Event, user: str, other: str) -> None:
        pair = (min(user, other), max(user, other))
        said = (event.occurred_at, event.event_id, event.event_name != PARTING)
        self._statements[pair] = max(said, self._statements.get(pair, said))

    def _join_users(self) -> dict[str, str]:
        """Every account is in at most one pair here, so joining needs only the pair's earlier id."""
        person_of = {user: user for user in sorted(self._seen)}
        for (user, other), (_, _, is_joined) in self._statements.items():
            if is_joined:
                person_of[user] = person_of[other] = min(user, other, key=self._seen.__getitem__)
        return person_of

    def _owner(self, anonymous: str) -> str | None:
        users = self.users_of[anonymous]
        if not users:
            return anonymous
        if len(users) >= FAIR_USERS:
            return None
        return self.person_of_user[self._owners[anonymous][1]]
