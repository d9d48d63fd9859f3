"""What a person's page is made of: one query of the published copy for each section."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """`reads`: what must be published for it. `query`: its rows, in order; {person} and {as_of} are literals.

    Its timestamps are UTC; columns of `parsed` are JSON text.
    """

    reads: tuple[str, ...]
    query: str
    parsed: tuple[str, ...] = ()


SECTIONS = {
    "identities": Section(
        ("people.identities",),
        """select namespace || '/' || id_kind || '/' || id_value as id, id_kind, first_seen_at, because, is_shared
        from people.identities where person_id = {person}
        order by id_kind <> 'user', id_kind <> 'anonymous', first_seen_at, id""",
    ),
    "statements": Section(
        ("people.statements", "people.identities"),
        """select said.occurred_at, said.user_a, said.user_b, said.is_merge, said.source, said.event_id
        from people.statements as said
        semi join people.identities as ids on ids.person_id = {person} and ids.id_kind = 'user'
            and ids.namespace = said.namespace and ids.id_value in (said.user_a, said.user_b)
        order by said.occurred_at, said.event_id, said.source""",
    ),
    "persons": Section(
        ("people.persons",),
        "select first_seen_at, last_seen_at, event_count, traits from people.persons where person_id = {person}",
        parsed=("traits",),
    ),
    "stages": Section(
        ("stages.periods",),
        """select stage, entered_at, case when left_at <= {as_of} then left_at end as left_at
        from stages.periods where person_id = {person} and entered_at <= {as_of}
        order by period_number""",
    ),
    "funnels": Section(
        ("funnels.attempts",),
        """select funnel, entered_at, deepest_step as step_number,
            any_value(step_name) filter (where step_number = deepest_step) as step_name,
            max(reached_at) filter (where step_number = deepest_step) as reached_at,
            any_value(open_until) > {as_of} as is_open
        from funnels.attempts where person_id = {person}
        group by funnel, entered_at, entry_event_number, deepest_step
        order by entered_at, funnel, entry_event_number""",
    ),
    "sessions": Section(
        ("journeys.sessions", "journeys.steps"),
        """select started_at, source, duration_us, event_count, device_class, referrer, utm_source, utm_campaign,
            (select list(step order by reached_at, steps.event_id) from journeys.steps as steps
            where steps.person_id = {person} and steps.source = sessions.source
                and steps.reached_at between sessions.started_at and sessions.ended_at) as path
        from journeys.sessions as sessions where person_id = {person}
        order by started_at, source""",
    ),
    "timeline": Section(
        ("journeys.timeline",),
        """select occurred_at, kind, what, source, duration_us, outcome, error, properties, event_number
        from journeys.timeline where person_id = {person} and occurred_at <= {as_of}
        order by occurred_at, kind = 'stage', kind = 'action', place, what""",
        parsed=("properties",),
    ),
}
