-- One row per funnel, attempt and step that it reached.
--
-- What an attempt is stands at the head of config/funnels.yaml. Everything that is said of funnels is a reduction of these
-- rows. Facts and deadlines only: whether an attempt is still open is asked at as_of, in metrics.funnel_steps. What the
-- events were is in journeys.actions, by event_number.
--
-- grain: funnel, person_id, entry_event_number, step_number
-- by: person_id
-- moment: run_started_at
-- view: yes
-- public: yes
-- check: a step is reached after the required one before it | previous_reached_at is null or previous_reached_at <= reached_at
-- column: funnel_version | version of the funnel in config/funnels.yaml
-- column: step_number | from 1; in mode any_order the k-th different step
-- column: step_name | name of the step; in mode any_order k of n
-- column: reached_at | when, UTC
-- column: event_number | the event that reached it
-- column: previous_reached_at | when the required step before was reached, UTC; null: it is the first
select
    entries.funnel,
    funnels.version as funnel_version,
    entries.person_id,
    entries.entered_at,
    entries.entered_date,
    entries.entry_event_number,
    entries.entry_rank,
    steps.step_number,
    steps.step_name,
    steps.previous_step,
    steps.is_last,
    entries.reached_at[steps.step_number] as reached_at,
    entries.event_numbers[steps.step_number] as event_number,
    entries.reached_at[steps.previous_step] as previous_reached_at,
    entries.deepest_step,
    entries.breakdown,
    entries.hold,
    entries.run_started_at,
    entries.window_ends_at,
    entries.open_until,
    entries.closes_at
from funnels.entries as entries
join funnels.steps as steps on steps.funnel = entries.funnel
join config.funnels as funnels on funnels.funnel = entries.funnel
where entries.reached_at[steps.step_number] is not null
