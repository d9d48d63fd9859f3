-- One row per source that ever sent an event: how fresh it is, and how much of it is nobody's.
--
-- grain: source
-- public: yes
-- check: a ratio lies between 0 and 1 | without_person_ratio between 0 and 1
-- column: event_count | events accepted so far
-- column: last_occurred_at | latest moment anything happened, UTC
-- column: last_received_at | latest moment anything was received, UTC
-- column: lag_seconds | as_of minus last_received_at, seconds
-- column: without_person_count | events without a usable id or whose id belongs to nobody
-- column: without_person_ratio | their share of all events, 0 to 1
-- column: quarantined_count | records refused and not resolved by a replay, conflicts included
-- column: ledger_position | last batch that the row knows of
-- column: as_of | recorded time of that batch, UTC
with received as (
    select source, cast(sum(event_count) as bigint) as event_count, max(last_seen_at) as last_occurred_at,
        max(last_received_at) as last_received_at
    from raw.event_names
    group by source
),
refused as (
    select source, count(*) as quarantined_count from raw.quarantine where resolved_in_batch is null group by source
),
position as (
    select max(batch) as ledger_position, max(as_of) as as_of from raw.batches
),
nobodys as (
    select source, cast(sum(without_person_count) as bigint) as without_person_count from metrics.daily group by source
)
select
    received.source,
    received.event_count,
    received.last_occurred_at,
    received.last_received_at,
    (epoch_us(position.as_of) - epoch_us(received.last_received_at)) / 1000000 as lag_seconds,
    nobodys.without_person_count,
    nobodys.without_person_count / received.event_count as without_person_ratio,
    coalesce(refused.quarantined_count, 0) as quarantined_count,
    position.ledger_position,
    position.as_of
from received
cross join position
join nobodys on nobodys.source = received.source
left join refused on refused.source = received.source
