-- One row per local date and source of what batches read on it, and per date a row 'all' over all sources.
--
-- The date is that of the batch's recorded time, not of its events. A batch can have files of several sources, so batches of
-- sources do not add up to 'all'. A day that was read again and a replay of quarantine are left out: their records were
-- counted when they came.
--
-- grain: local_date, source
-- by: batch
-- fold: sum(batch_count), sum(file_count), sum(record_count), sum(accepted_count), sum(duplicate_count), sum(conflict_count), sum(refused_count), sum(blank_count), sum(late_count), sum(payload_bytes), max(last_batch_at), max(last_received_at), max(longest_lag_seconds)
-- public: yes
-- check: every record is accounted for | record_count = accepted_count + duplicate_count + conflict_count + refused_count + blank_count
-- check: what is late was accepted | late_count <= accepted_count
-- column: local_date | date of the batch's recorded time in the report zone
-- column: source | name of the source, or all
-- column: batch_count | batches with a file of the source
-- column: file_count | files that they read
-- column: record_count | records read, blank lines included
-- column: accepted_count | records that became events
-- column: duplicate_count | records whose event was known with the same payload
-- column: conflict_count | records whose event id was known with another payload; they are in quarantine
-- column: refused_count | records refused with a reason when they were read
-- column: blank_count | empty lines
-- column: late_count | events that happened more than a day before the batch's recorded time
-- column: payload_bytes | size of the accepted events' properties and context, bytes
-- column: last_batch_at | latest recorded time of a batch, UTC
-- column: last_received_at | latest moment an event was received, UTC; null: none was accepted
-- column: longest_lag_seconds | longest time from the newest event's receipt to its batch's recorded time, seconds; null as before
with read_files as (
    select batches.batch, batches.as_of, read_parts.source, count(*) as file_count, sum(read_parts.records_in) as record_count,
        sum(read_parts.accepted) as accepted_count, sum(read_parts.duplicate_same) as duplicate_count,
        sum(read_parts.duplicate_conflict) as conflict_count, sum(read_parts.quarantined) as refused_count,
        sum(read_parts.blank) as blank_count
    from raw.batches as batches
    join ledger.batch_files as read_parts on read_parts.batch = batches.batch
    where batches.kind = 'ingest'
    group by batches.batch, batches.as_of, read_parts.source
),
came as (
    select read_files.batch, read_files.source,
        count(*) filter (where events.occurred_at < read_files.as_of - interval 24 hours) as late_count,
        sum(strlen(events.properties) + coalesce(strlen(events.context), 0)) as payload_bytes,
        max(events.received_at) as last_received_at
    from read_files
    join raw.events as events on events.batch = read_files.batch and events.source = read_files.source
    group by read_files.batch, read_files.source
),
per_batch as (
    select read_files.*, coalesce(came.late_count, 0) as late_count, coalesce(came.payload_bytes, 0) as payload_bytes,
        came.last_received_at
    from read_files
    left join came on came.batch = read_files.batch and came.source = read_files.source
),
sourced as (
    select * from per_batch
    union all
    select * replace ('all' as source) from per_batch
)
select
    cast(timezone(house.report_timezone, sourced.as_of) as date) as local_date,
    sourced.source,
    cast(count(distinct sourced.batch) as bigint) as batch_count,
    cast(sum(sourced.file_count) as bigint) as file_count,
    cast(sum(sourced.record_count) as bigint) as record_count,
    cast(sum(sourced.accepted_count) as bigint) as accepted_count,
    cast(sum(sourced.duplicate_count) as bigint) as duplicate_count,
    cast(sum(sourced.conflict_count) as bigint) as conflict_count,
    cast(sum(sourced.refused_count) as bigint) as refused_count,
    cast(sum(sourced.blank_count) as bigint) as blank_count,
    cast(sum(sourced.late_count) as bigint) as late_count,
    cast(sum(sourced.payload_bytes) as bigint) as payload_bytes,
    max(sourced.as_of) as last_batch_at,
    max(sourced.last_received_at) as last_received_at,
    max((epoch_us(sourced.as_of) - epoch_us(sourced.last_received_at)) / 1000000) as longest_lag_seconds
from sourced
cross join config.house as house
group by local_date, sourced.source
