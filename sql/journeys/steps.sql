-- One row per step of a person's path at a source: they came to a page from another one, or began with it.
--
-- What happens on the page they are on is no further step: consecutive events of one page are folded into the first. After
-- 30 minutes without an event that has a page the path is over, and the next one begins, be it on the same page.
--
-- grain: person_id, source, event_number
-- by: person_id
-- since: reached_at until closes_at
-- date: local_date
-- public: yes
-- check: a step comes from another page | previous_step is distinct from step
-- column: event_number | first event on the page
-- column: reached_at | when it happened, UTC
-- column: local_date | date of reached_at in the report zone
-- column: step | the page
-- column: previous_step | the page before; null: the path begins here
-- column: path_started_at | when the path began, UTC
-- column: closes_at | until then a further event would still belong to the path, UTC
with pages as (
    select person_id, source, event_number, event_id, occurred_at, local_date, path,
        lag(path) over visits as path_before, lag(occurred_at) over visits as before_at,
        lead(occurred_at) over visits as next_at
    from journeys.events
    where person_id is not null and path is not null
    window visits as (partition by person_id, source order by occurred_at, event_id)
),
begun as (
    select *, before_at is null or epoch_us(occurred_at) - epoch_us(before_at) > 1800000000 as is_first,
        next_at is null or epoch_us(next_at) - epoch_us(occurred_at) > 1800000000 as is_last
    from pages
),
whole as (
    select *,
        max(case when is_first then occurred_at end) over (
            partition by person_id, source order by occurred_at, event_id rows between unbounded preceding and current row
        ) as path_started_at,
        min(case when is_last then occurred_at end) over (
            partition by person_id, source order by occurred_at, event_id rows between current row and unbounded following
        ) + interval 30 minute as closes_at
    from begun
)
select
    person_id,
    source,
    event_number,
    event_id,
    occurred_at as reached_at,
    local_date,
    path as step,
    case when not is_first then path_before end as previous_step,
    path_started_at,
    closes_at
from whole
where is_first or path <> path_before
