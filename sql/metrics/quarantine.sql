-- One row per local date, source and reason of records that were refused: how many, and how many a replay resolved since.
--
-- The date is that of the recorded time of the batch that read them. Conflicts are among them; files that were refused whole are
-- in metrics.refused_files.
--
-- grain: local_date, source, reason
-- public: yes
-- check: no more are resolved than were refused | resolved_count <= refused_count
-- column: local_date | date in the report zone
-- column: reason | reason code, one of the few in pipelines/envelope.py
-- column: refused_count | records refused when they were read
-- column: resolved_count | those of them that a replay judged right since, so that their events are there
-- column: file_count | files that they stood in
-- column: last_seen_at | recorded time of the last batch that read one, UTC
select
    cast(timezone(house.report_timezone, batches.as_of) as date) as local_date,
    refused.source,
    refused.reason,
    count(*) as refused_count,
    count(refused.resolved_in_batch) as resolved_count,
    count(distinct refused.file) as file_count,
    max(batches.as_of) as last_seen_at
from raw.quarantine as refused
join raw.batches as batches on batches.batch = refused.batch
cross join config.house as house
group by local_date, refused.source, refused.reason
