"""Jobs: what the platform runs for members at any hour, with a heartbeat a minute, all sent by `jobs`.

Every day has as many, whoever owns them: few, and some of them get stuck.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from simulator.days import SECOND, Calendar
from simulator.delivery import Delivery
from simulator.dice import Dice, Weighted
from simulator.events import JOBS, Event, Job, Trail
from simulator.people import MEMBER

KINDS = Weighted({"etl": 40, "backup": 25, "training": 20, "report": 15})
OUTCOMES = Weighted({"completed": 82, "failed": 10, "stuck": 8})
REASONS = Weighted({"out_of_memory": 45, "bad_input": 35, "killed": 20})
USERS_OF_A_JOB = 130  # so many members start one job a day
_BEATS = (1, 2, 5, 18)
_BEAT_SECONDS = (54, 66)


def run_jobs(created: Sequence[Event], seed: int, delivery: Delivery, users: int) -> list[Job]:
    """Invents and delivers the jobs of all days. `created`: the events by which projects were created, of everybody."""
    dice, jobs, trails = Dice(seed, "jobs"), list[Job](), dict[int, Trail]()
    for project, at in _starts(created, users, delivery.calendar, dice):
        trail = trails.setdefault(project.person.number, Trail(project.person, dice))
        jobs.append(_run(trail, project, at))
    for trail in trails.values():
        delivery.deliver(trail, "jobs")
    return jobs


def _starts(created: Sequence[Event], users: int, calendar: Calendar, dice: Dice) -> Iterator[tuple[Event, int]]:
    """(project, time): any project that is there by then."""
    owned = [each for each in created if each.person.role == MEMBER]
    owned.sort(key=lambda each: each.occurred_at)
    for number in range(len(calendar.days)):
        for _ in range(users // USERS_OF_A_JOB + 1):
            at = calendar.moment(dice, number, "flat")
            known = bisect_left(owned, at, key=lambda each: each.occurred_at)
            if known:
                yield owned[dice.between(0, known - 1)], at


def _run(trail: Trail, project: Event, at: int) -> Job:
    dice, job_id = trail.dice, trail.dice.identifier("job-")
    ids, outcome = {"user": project.ids["user"], "job_id": job_id}, dice.draw(OUTCOMES)
    about = {"project_id": project.properties["project_id"], "kind": dice.draw(KINDS)}
    start = trail.backend("job_started", at, ids, about, JOBS)
    beats = list(_beats(trail, job_id, at, dice.count(_BEATS)))
    if outcome == "stuck":
        return Job(job_id, start, beats, True)
    ended_at = (beats[-1].occurred_at if beats else at) + dice.between(1, 50) * SECOND
    details: dict[str, object] = {"reason": dice.draw(REASONS)} if outcome == "failed" else {}
    return Job(job_id, start, beats, False, trail.backend(f"job_{outcome}", ended_at, ids, details, JOBS))


def _beats(trail: Trail, job_id: str, at: int, count: int) -> Iterator[Event]:
    """What runs a job knows nothing but its id."""
    for _ in range(count):
        at += trail.dice.between(*_BEAT_SECONDS) * SECOND
        yield trail.backend("job_heartbeat", at, {"job_id": job_id}, {}, JOBS)
