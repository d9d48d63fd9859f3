-- One row per person, trait and moment from which it had another value than before.
--
-- A statement that repeats what is known makes no row, so what reads this is not computed again because of it.
-- Statements of events that are excluded do not count.
--
-- grain: person_id, trait, stated_at
-- by: person_id
-- column: trait | name of the trait
-- column: stated_at | the event that said so, UTC
-- column: value | its value from then on, JSON text
with last_of_moment as (
    select person_id, trait, occurred_at as stated_at, value
    from people.traits as traits
    anti join people.excluded_events as excluded on excluded.event_number = traits.event_number
    qualify row_number() over (
        partition by person_id, trait, occurred_at order by traits.event_id desc, traits.source desc
    ) = 1
)
select person_id, trait, stated_at, value
from last_of_moment
qualify value is distinct from lag(value) over (partition by person_id, trait order by stated_at)
