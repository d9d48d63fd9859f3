-- One row per funnel and step: what it is called, and which required step stands before it.
--
-- grain: funnel, step_number
-- view: yes
-- column: funnel | name in config/funnels.yaml
-- column: step_number | from 1; in mode any_order the k-th different step
-- column: step_name | name of the step; in mode any_order k of n
-- column: is_optional | the step may be left out
-- column: is_last | reaching it completes the funnel
-- column: previous_step | number of the required step before it; null: it is the first
with numbered as (
    select funnel, mode, len(steps) as step_count, unnest(steps) as step, generate_subscripts(steps, 1) as step_number
    from config.funnels
)
select
    funnel,
    step_number,
    case when mode = 'any_order' then step_number || ' of ' || step_count else step.name end as step_name,
    coalesce(step.is_optional, false) as is_optional,
    step_number = step_count as is_last,
    max(step_number) filter (where step.is_optional is not true) over (
        partition by funnel order by step_number rows between unbounded preceding and 1 preceding
    ) as previous_step
from numbered
