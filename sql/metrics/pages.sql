-- One row per local date and page, and per date a row 'all' over all pages.
--
-- A page is viewed when somebody comes to it: loading it again, or what is done on it, is no further view. Events that are
-- nobody's count as events only. Visitors are distinct within the row, so pages never add up to 'all'.
--
-- grain: local_date, path
-- by: local_date
-- public: yes
-- check: there are not more visitors than events | visitor_count <= event_count
-- column: local_date | date in the report zone
-- column: path | the page, or all
-- column: event_count | events of the page: views, and what was done on it
-- column: view_count | times that somebody came to the page
-- column: visitor_count | distinct persons with an event of the page
with on_pages as ( -- a page that calls itself 'all' is in the row of all only
    select local_date, path, person_id from journeys.events where path <> 'all'
    union all
    select local_date, 'all', person_id from journeys.events where path is not null
),
counted as (
    select local_date, path, count(*) as event_count, count(distinct person_id) as visitor_count
    from on_pages
    group by local_date, path
),
reached as (
    select local_date, step as path from journeys.steps where step <> 'all'
    union all
    select local_date, 'all' from journeys.steps
),
viewed as (
    select local_date, path, count(*) as view_count from reached group by local_date, path
)
select
    counted.local_date,
    counted.path,
    counted.event_count,
    coalesce(viewed.view_count, 0) as view_count,
    counted.visitor_count
from counted
left join viewed on viewed.local_date = counted.local_date and viewed.path = counted.path
