-- One row per funnel, person and local date of entry: the deepest attempt of that date, and between which dates none is better.
--
-- Over any period a person counts once, by their deepest attempt in it (of equally deep ones the latest entry). That is the row of
-- which neither date of a better one lies in the period. funnels.bests has the steps.
--
-- From a change on, only rows matter that no other had outdone by then: each is deeper than all that follow it until the change, so
-- whatever outdoes a later row is among them, and nothing from before the first of them is asked.
--
-- grain: funnel, person_id, local_date
-- by: person_id
-- since: first_at until closes_at, overlapping
-- date: local_date
-- check: a better attempt of before was before | coalesce(better_before_date < local_date, true)
-- check: and one of after comes after | coalesce(better_after_date > local_date, true)
-- column: local_date | date of entry in the report zone
-- column: first_at | when the first attempt of the date began, UTC
-- column: better_before_date | latest date before it on which the person came further; null: none
-- column: better_after_date | first date after it on which they came as far or further; null: none
-- column: closes_at | until then a later event can change the row, UTC; infinite: a better attempt can always come
with ranked as (
    select funnel, person_id, entered_date as local_date, entered_at, entry_event_number, deepest_step,
        min(run_started_at) over (partition by funnel, person_id, entered_date) as first_at
    from funnels.entries
    qualify rank() over (
        partition by funnel, person_id, entered_date order by deepest_step desc, entered_at desc, hold, entry_rank desc
    ) = 1
),
depths as ( -- a row for each step up to the deepest, reached or passed over
    select funnel, person_id, local_date, deepest_step, unnest(generate_series(1, deepest_step)) as depth
    from ranked
),
followed as (
    select *, lead(local_date) over (partition by funnel, person_id, depth order by local_date) as next_date
    from depths
)
select
    ranked.funnel,
    ranked.person_id,
    ranked.local_date,
    ranked.first_at,
    ranked.entered_at,
    ranked.entry_event_number,
    deeper.local_date as better_before_date,
    followed.next_date as better_after_date,
    coalesce(timezone('UTC', cast(followed.next_date as timestamp) + interval 36 hour), timestamptz 'infinity') as closes_at
from ranked
join followed
    on followed.funnel = ranked.funnel and followed.person_id = ranked.person_id
    and followed.local_date = ranked.local_date and followed.depth = ranked.deepest_step
asof left join depths as deeper
    on deeper.funnel = ranked.funnel and deeper.person_id = ranked.person_id
    and deeper.depth = ranked.deepest_step + 1 and deeper.local_date < ranked.local_date
