-- One row per stage that a person was in, or is known to enter: from when until when.
--
-- Facts only, the turn to inactive that silence will bring among them: what is so now has entered_at <= as_of. A stage can last
-- no time at all: who does something meaningful without ever signing up is signed up, and activated, at that moment.
--
-- Meaningful actions with no silence longer than config/stages.yaml allows between them are one stretch. It starts with
-- activated (the person's first) or resurrected, is active from the first meaningful action of its N-th date on, and ends with
-- inactive, that silence after its last action.
--
-- grain: person_id, period_number
-- by: person_id
-- moment: entered_at
-- public: yes
-- check: a stage is left after it is entered | left_at is null or left_at >= entered_at
-- check: and on no earlier date | left_date is null or left_date >= entered_date
-- check: the first stage is visitor | (period_number = 1) = (stage = 'visitor')
-- check: what is left leads somewhere | (left_at is null) = (next_stage is null)
-- column: period_number | 1, 2, 3 … in the order in which the person enters them
-- column: stage | visitor, signed_up, activated, active, inactive or resurrected
-- column: entered_at | when the person enters the stage, UTC; may lie ahead
-- column: left_at | when they enter the next one, UTC; null: nothing that is known will end it
-- column: next_stage | the stage they enter then
-- column: entered_date | local date of entered_at; where a clock set back over midnight made a date return, the later one
-- column: left_date | entered_date of the next stage
-- column: definition_version | version of config/stages.yaml
with meant as (
    select days.person_id, days.local_date, min(days.first_at) as first_at, max(days.last_at) as last_at
    from journeys.action_days as days
    where days.action in (select unnest(meaningful) from config.stages)
    group by days.person_id, days.local_date
),
followed as ( -- no silence hides in a date, because the shortest is longer than a date
    select person_id, first_at, last_at,
        epoch_us(first_at) - epoch_us(max(last_at) over before) > config.inactive_after_us as is_return
    from meant
    cross join config.stages as config
    window before as (partition by person_id order by first_at rows between unbounded preceding and 1 preceding)
),
stretched as (
    select person_id, first_at, last_at, count(*) filter (where is_return) over until_then as stretch
    from followed
    window until_then as (partition by person_id order by first_at rows between unbounded preceding and current row)
),
stretches as (
    select person_id, stretch, min(first_at) as started_at, max(last_at) as last_at, list(first_at order by first_at) as firsts
    from stretched
    group by person_id, stretch
),
signed as (
    select person_id, min(first_at) as signed_at
    from journeys.action_days
    where action in (select unnest(signed_up || meaningful) from config.stages)
    group by person_id
),
entries as (
    select person_id, 0 as place, 'visitor' as stage, first_seen_at as entered_at from people.arrivals where source = 'all'
    union all
    select person_id, 1, 'signed_up', signed_at from signed
    union all
    select person_id, 3 * stretch + 2, case stretch when 0 then 'activated' else 'resurrected' end, started_at from stretches
    union all
    select person_id, 3 * stretch + 3, 'active', firsts[config.active_dates]
    from stretches cross join config.stages as config
    where len(firsts) >= config.active_dates
    union all
    select person_id, 3 * stretch + 4, 'inactive', make_timestamptz(epoch_us(last_at) + config.inactive_after_us)
    from stretches cross join config.stages as config
),
dated as (
    select entries.*, cast(timezone(house.report_timezone, entered_at) as date) as date_there
    from entries
    cross join config.house as house
)
select
    dated.person_id,
    row_number() over in_order as period_number,
    dated.stage,
    dated.entered_at,
    lead(dated.entered_at) over in_order as left_at,
    lead(dated.stage) over in_order as next_stage,
    max(dated.date_there) over in_order as entered_date,
    case when lead(dated.stage) over in_order is not null then max(dated.date_there) over and_next end as left_date,
    config.version as definition_version
from dated
cross join config.stages as config
window
    in_order as (partition by dated.person_id order by dated.place),
    and_next as (partition by dated.person_id order by dated.place rows between unbounded preceding and 1 following)
