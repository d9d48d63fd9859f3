-- One row per session: a person's events at one source with no silence longer than the source's gap.
--
-- A session also ends before the first event later than the cap after its own start. Where that happens the next session
-- starts at that event, so long stretches are cut one after the other (the recursive part; most stretches never enter it).
--
-- grain: person_id, source, started_at
-- by: person_id
-- since: started_at until closes_at
-- date: started_date
-- public: yes
-- check: a session ends after it starts | ended_at >= started_at
-- warn: a session is a visit, not a robot | event_count < 10000
-- column: started_at | first event, UTC
-- column: ended_at | last event, UTC
-- column: closes_at | until then a further event would still belong to it, UTC
-- column: started_date | local date of the start in the report zone
-- column: duration_us | last event minus first, microseconds
-- column: event_count | events in the session
-- column: entry_path | first page
-- column: exit_path | last page
with recursive gapped as (
    select events.*, sources.session_gap_us, sources.session_cap_us,
        coalesce(
            epoch_us(occurred_at) - epoch_us(lag(occurred_at) over person_events) > sources.session_gap_us, true
        ) as starts_stretch
    from journeys.events as events
    join config.sources as sources on sources.source = events.source and sources.has_sessions
    where events.person_id is not null
    window person_events as (
        partition by events.person_id, events.source order by events.occurred_at, events.event_id
    )
),
stretched as (
    select *,
        sum(case when starts_stretch then 1 else 0 end) over (
            partition by person_id, source order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as stretch
    from gapped
),
stretches as (
    select person_id, source, stretch, min(occurred_at) as started_at, max(occurred_at) as ended_at,
        any_value(session_cap_us) as session_cap_us
    from stretched
    group by person_id, source, stretch
),
starts as (
    select person_id, source, stretch, started_at from stretches
    union all
    select starts.person_id, starts.source, starts.stretch, min(events.occurred_at)
    from starts
    join stretches
        on stretches.person_id = starts.person_id and stretches.source = starts.source
        and stretches.stretch = starts.stretch
        and epoch_us(stretches.ended_at) - epoch_us(starts.started_at) > stretches.session_cap_us
    join stretched as events
        on events.person_id = starts.person_id and events.source = starts.source and events.stretch = starts.stretch
        and epoch_us(events.occurred_at) - epoch_us(starts.started_at) > stretches.session_cap_us
    group by starts.person_id, starts.source, starts.stretch
),
placed as (
    select events.*, starts.started_at
    from stretched as events
    asof join starts
        on starts.person_id = events.person_id and starts.source = events.source and starts.stretch = events.stretch
        and starts.started_at <= events.occurred_at
)
select
    person_id,
    source,
    started_at,
    max(occurred_at) as ended_at,
    make_timestamptz(least(
        epoch_us(max(occurred_at)) + any_value(session_gap_us), epoch_us(started_at) + any_value(session_cap_us)
    )) as closes_at,
    arg_min(local_date, occurred_at) as started_date,
    epoch_us(max(occurred_at)) - epoch_us(started_at) as duration_us,
    count(*) as event_count,
    arg_min(path, (occurred_at, event_id)) filter (where path is not null) as entry_path,
    arg_max(path, (occurred_at, event_id)) filter (where path is not null) as exit_path,
    arg_min(referrer, (occurred_at, event_id)) filter (where referrer is not null) as referrer,
    arg_min(utm_source, (occurred_at, event_id)) filter (where utm_source is not null) as utm_source,
    arg_min(utm_medium, (occurred_at, event_id)) filter (where utm_medium is not null) as utm_medium,
    arg_min(utm_campaign, (occurred_at, event_id)) filter (where utm_campaign is not null) as utm_campaign,
    arg_min(device_class, (occurred_at, event_id)) filter (where device_class is not null) as device_class
from placed
group by person_id, source, started_at
