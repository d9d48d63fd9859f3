-- One row per change of state of a monitor's instance, told apart by its labels; the state is that of its last row.
--
-- What happens only once (a sign-up) fires and is resolved at the same moment, as soon as it is written what is said of it.
--
-- grain: transition
-- view: yes
-- public: yes
-- column: transition | number of the change, in the order in which they were seen
-- column: monitor | name in config/monitors.yaml
-- column: labels | what tells the instance apart, JSON object; of trouble with the query itself: {"trouble": "query"}
-- column: state | normal, pending, firing, resolved, no_data or error
-- column: previous_state | state that it left; normal at first
-- column: is_told | something is said of it from now on, until it is resolved
-- column: value | number that was measured; null: none
-- column: threshold | what it was held against; null: nothing
-- column: reason | why, where the number does not tell; empty: it does
-- column: changed_at | as_of of the look that saw it, UTC
-- column: changed_date | its date in the report zone
-- column: told_seconds | of a row resolved: seconds since it was first told, 0 where the clock went back; null: another row
with ordered as (
    select transitions.*,
        coalesce(lag(state) over (partition by monitor, labels order by transition), 'normal') as previous_state,
        max(case when state in ('firing', 'no_data', 'error') then changed_at end)
            over (partition by monitor, labels order by transition rows between unbounded preceding and current row) as told_at
    from ledger.alert_transitions as transitions
)
select
    transition,
    monitor,
    labels,
    state,
    previous_state,
    state in ('firing', 'no_data', 'error') as is_told,
    value,
    threshold,
    reason,
    make_timestamptz(changed_at) as changed_at,
    cast(timezone(house.report_timezone, make_timestamptz(changed_at)) as date) as changed_date,
    case when state = 'resolved' then greatest(changed_at - told_at, 0) / 1000000 end as told_seconds
from ordered
cross join config.house as house
