-- One row per funnel, person, local date of entry and step reached: the person's deepest attempt of that date.
--
-- What a number over any period counts: a person counts once, by the row, and its steps, of which neither date of a better
-- attempt lies in the period.
--
-- grain: funnel, local_date, person_id, step_number
-- by: person_id
-- moment: entered_at
-- view: yes
-- public: yes
-- column: step_number | from 1; in mode any_order the k-th different step
-- column: step_name | name of the step; in mode any_order k of n
-- column: reached_at | when, UTC
-- column: taken_us | from the entry until then, microseconds
-- column: breakdown | the attempt's value; '(none)' where it has none, or the funnel is not broken down
select
    standings.funnel,
    standings.local_date,
    standings.person_id,
    standings.entered_at,
    steps.step_number,
    steps.step_name,
    steps.previous_step,
    steps.is_last,
    entries.reached_at[steps.step_number] as reached_at,
    epoch_us(entries.reached_at[steps.step_number]) - epoch_us(standings.entered_at) as taken_us,
    entries.deepest_step,
    coalesce(entries.breakdown, '(none)') as breakdown,
    entries.open_until,
    standings.better_before_date,
    standings.better_after_date
from funnels.standings as standings
join funnels.entries as entries
    on entries.funnel = standings.funnel and entries.entry_event_number = standings.entry_event_number
    and entries.entered_at = standings.entered_at
join funnels.steps as steps on steps.funnel = standings.funnel
where entries.reached_at[steps.step_number] is not null
