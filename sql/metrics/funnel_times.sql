-- One row per funnel, local date of entry and span of time: how many persons took so long from the entry to the last step.
--
-- Persons are those who completed the funnel with their deepest attempt of the date. Spans in which nobody falls have no row.
--
-- grain: funnel, local_date, from_seconds
-- by: local_date
-- date: local_date
-- public: yes
-- column: local_date | date of entry in the report zone
-- column: from_seconds | at least so long, seconds
-- column: until_seconds | and shorter than that, seconds; null: no bound
-- column: person_count | persons who took so long
with edges as (
    select cast([
        0, 10, 60, 300, 900, 3600, 14400, 43200, 86400, 172800, 259200, 604800, 1209600, 2592000, 7776000
    ] as bigint[]) as edges
),
completed as (
    select results.funnel, results.local_date, edges.edges,
        list_max(list_filter(
            edges.edges, edge -> edge * 1000000 <= epoch_us(results.reached_at) - epoch_us(results.entered_at)
        )) as from_seconds
    from funnels.results as results
    cross join edges
    where results.is_last
)
select
    local_date,
    funnel,
    from_seconds,
    any_value(list_min(list_filter(edges, edge -> edge > from_seconds))) as until_seconds,
    count(*) as person_count
from completed
group by local_date, funnel, from_seconds
