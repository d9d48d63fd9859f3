-- One row per funnel, person, local date of entry and step reached: the deepest attempt of that date, and until when no other is better.
--
-- What a number over any period counts: a person counts once, by their deepest attempt in it (of equally deep ones the latest
-- entry). That is the one row, and its steps, of which neither date of a better one lies in the period.
--
-- grain: funnel, local_date, person_id, step_number
-- by: person_id
-- moment: entered_at
-- date: local_date
-- public: yes
-- check: a better attempt of before was before | coalesce(better_before_date < local_date, true)
-- check: and one of after comes after | coalesce(better_after_date > local_date, true)
-- column: local_date | date of entry in the report zone
-- column: step_number | from 1; in mode any_order the k-th different step
-- column: step_name | name of the step; in mode any_order k of n
-- column: reached_at | when, UTC
-- column: taken_us | from the entry until then, microseconds
-- column: breakdown | the attempt's value; '(none)' where it has none, or the funnel is not broken down
-- column: better_before_date | latest date before it on which the person came further; null: none
-- column: better_after_date | first date after it on which they came as far or further; null: none
with ranked as (
    select funnel, person_id, entered_date as local_date, entered_at, deepest_step, reached_at, breakdown, open_until
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
    ranked.local_date,
    ranked.funnel,
    ranked.person_id,
    ranked.entered_at,
    steps.step_number,
    steps.step_name,
    steps.previous_step,
    steps.is_last,
    ranked.reached_at[steps.step_number] as reached_at,
    epoch_us(ranked.reached_at[steps.step_number]) - epoch_us(ranked.entered_at) as taken_us,
    ranked.deepest_step,
    coalesce(ranked.breakdown, '(none)') as breakdown,
    ranked.open_until,
    deeper.local_date as better_before_date,
    followed.next_date as better_after_date
from ranked
join followed
    on followed.funnel = ranked.funnel and followed.person_id = ranked.person_id
    and followed.local_date = ranked.local_date and followed.depth = ranked.deepest_step
asof left join depths as deeper
    on deeper.funnel = ranked.funnel and deeper.person_id = ranked.person_id
    and deeper.depth = ranked.deepest_step + 1 and deeper.local_date < ranked.local_date
join funnels.steps as steps on steps.funnel = ranked.funnel
where ranked.reached_at[steps.step_number] is not null
