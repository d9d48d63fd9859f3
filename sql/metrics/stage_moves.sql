-- One row per local date and move from one stage to another that a person made on it.
--
-- To be seen for the first time is no move; metrics.stages has it as an entry of visitor.
--
-- grain: local_date, from_stage, to_stage
-- public: yes
-- column: local_date | date of the move in the report zone
-- column: from_stage | stage that is left
-- column: to_stage | stage that is entered
-- column: person_count | persons who made the move by as_of
select
    left_date as local_date,
    stage as from_stage,
    next_stage as to_stage,
    count(distinct person_id) as person_count
from stages.periods
where left_at <= (select max(as_of) from raw.batches)
group by left_date, stage, next_stage
