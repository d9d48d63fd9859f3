-- One row per local date and pair of pages that persons went from and to, at one source.
--
-- Repeats of a page are folded, and a path is over after 30 minutes of silence: see journeys.steps. All pairs are here; which
-- matter is asked when they are read. Persons are distinct within the row: those of several dates are counted from
-- journeys.steps.
--
-- grain: local_date, source, from_step, to_step
-- by: local_date
-- public: yes
-- check: a pair is of two pages | from_step <> to_step
-- check: who goes there does so at least once | person_count <= edge_count
-- column: local_date | date in the report zone on which the second page was reached
-- column: from_step | page they came from
-- column: to_step | page they came to
-- column: edge_count | times that it was done
-- column: person_count | distinct persons who did it
select
    local_date,
    source,
    previous_step as from_step,
    step as to_step,
    count(*) as edge_count,
    count(distinct person_id) as person_count
from journeys.steps
where previous_step is not null
group by local_date, source, previous_step, step
