-- One row per time a file was refused whole: nothing of it counts, or nothing after what was read of it before.
--
-- grain: failure
-- view: yes
-- public: yes
-- date: local_date
-- column: failure | number of the refusal, in the order in which they were seen
-- column: file | path of the file
-- column: source | source whose folder it lies in
-- column: reason | reason code, one of the few in pipelines/envelope.py
-- column: detail | what exactly was wrong and what to do, for a person
-- column: seen_at | when it was refused, UTC
-- column: local_date | its date in the report zone
select
    failures.failure,
    failures.path as file,
    failures.source,
    failures.reason,
    failures.detail,
    make_timestamptz(failures.seen_at) as seen_at,
    cast(timezone(house.report_timezone, make_timestamptz(failures.seen_at)) as date) as local_date
from ledger.failures as failures
cross join config.house as house
