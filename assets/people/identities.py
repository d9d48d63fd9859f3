"""One row per id ever seen: the person it leads to, and why.

User ids are one person only by an explicit statement. An anonymous id belongs to the first user it was seen with; seen
with more users than the limit it belongs to nobody. Any other id follows the earliest event that carried it with a person.

grain: namespace, id_kind, id_value
by: batch
since: first_seen_at
public: yes
personal: id_value
reads: people.links, people.statements, config.identity
column: person_id | <namespace>/<kind>/<id> of the person's earliest user id, else of its anonymous id; null: nobody
column: because | why this id leads to this person, for a person to read
column: user_count | distinct users seen with an anonymous id
column: is_shared | true: an anonymous id that more than one user was seen with
column: first_seen_at | earliest event that carried the id, UTC
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

IDS = "namespace, id_kind, id_value"

CUTS = {
    "people.links": f"select rows.* from {{rows}} as rows semi join touched_ids using ({IDS})",
    "people.statements": """
        select rows.* from {rows} as rows semi join touched_ids as ids
            on ids.namespace = rows.namespace and ids.id_kind = 'user' and ids.id_value = rows.user_a""",
}


def touched(connection: duckdb.DuckDBPyConnection, stored: str, after: int) -> dict[str, str]:
    """Which rows of the inputs to read again when batches after `after` came: those of every id of the persons they touch.

    Returns {input: template of its cut}. All ids of a touched person come along, so a merge, an unmerge or an earlier owner
    is seen. So does every person whom one of their other ids ever came with: it goes there when a device becomes nobody's.
    """
    connection.execute(f"""
        create or replace temp table touched_ids as
        with new_ids as (select distinct {IDS} from people.links where batch > {after}),
        persons as (select distinct person_id from {stored} semi join new_ids using ({IDS}) where person_id is not null),
        own as (select {IDS} from new_ids union select {IDS} from {stored} semi join persons using (person_id)),
        near as (
            select {IDS} from own
            union
            select namespace, with_kind, with_value from people.links semi join own using ({IDS})
            where id_kind not in ('user', 'anonymous') and with_kind <> ''
            union
            select {IDS} from people.links
            where with_kind not in ('', 'user', 'anonymous')
                and (namespace, with_kind, with_value) in (select ({IDS}) from own)
        ),
        near_persons as (select distinct person_id from {stored} semi join near using ({IDS}) where person_id is not null)
        select {IDS} from near
        union
        select {IDS} from {stored} semi join near_persons using (person_id)""")
    return CUTS


def also_changed(connection: duckdb.DuckDBPyConnection, changed: str) -> str:
    """Whom the rows that stand in `changed` concern besides their own persons: a SELECT of person_id, changed_at (UTC).

    An event that carries other ids only follows the first that leads anywhere, so it can leave the person of an id that
    stands beside the changed one.
    """
    connection.execute(f"""
        create or replace temp table beside as
        select links.namespace, links.with_kind as id_kind, links.with_value as id_value, changes.first_seen_at as changed_at
        from {changed} as changes
        join people.links as links using (namespace, id_kind, id_value)
        where links.with_kind not in ('', 'user', 'anonymous')
        union all
        select links.namespace, links.id_kind, links.id_value, changes.first_seen_at
        from {changed} as changes
        join people.links as links
            on links.namespace = changes.namespace and links.with_kind = changes.id_kind and links.with_value = changes.id_value
        where links.with_kind not in ('', 'user', 'anonymous')""")
    return """
        select old_rows.person_id, beside.changed_at
        from temp.beside as beside join temp.old_rows as old_rows using (namespace, id_kind, id_value)"""


def query(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Joins the stated pairs into components (the loop that SQL lacks), then lets SQL choose person and owner."""
    pairs = connection.execute(STATED_PAIRS).fetchall()
    members = pa.Table.from_pylist(_components(pairs), schema=MEMBERS)
    connection.register("members", members)
    connection.execute("create or replace temp table merged_users as select * from members")
    connection.unregister("members")
    yield IDENTITIES


MEMBERS = pa.schema([(name, pa.string()) for name in ("namespace", "id_value", "component", "because")])

STATED_PAIRS = """
select namespace, user_a, user_b, event_id
from people.statements
qualify row_number() over (partition by namespace, user_a, user_b order by occurred_at desc, event_id desc, source desc) = 1
    and is_merge
order by namespace, user_a, user_b"""


def _components(pairs: list[tuple[str, str, str, str]]) -> list[dict[str, str]]:
    """Union-find over (namespace, user, user, event_id). Returns a row per user: its component, a statement that names it."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}
    because: dict[tuple[str, str], str] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for namespace, user_a, user_b, event_id in pairs:
        a, b = root((namespace, user_a)), root((namespace, user_b))
        parent[max(a, b)] = min(a, b)
        for user, other in ((user_a, user_b), (user_b, user_a)):
            because.setdefault((namespace, user), f"said to be one with user {other} in event {event_id}")
    return [
        {"namespace": node[0], "id_value": node[1], "component": root(node)[1], "because": because[node]}
        for node in sorted(because)
    ]


IDENTITIES = """
with seen as (
    select namespace, id_kind, id_value, with_kind, with_value, min(first) as first
    from people.links
    group by namespace, id_kind, id_value, with_kind, with_value
),
users as (
    select seen.namespace, seen.id_value, seen.first.occurred_at as first_seen_at, merged.because,
        coalesce(merged.component, seen.id_value) as component
    from seen
    left join merged_users as merged on merged.namespace = seen.namespace and merged.id_value = seen.id_value
    where seen.id_kind = 'user'
),
persons as (
    select namespace, component, namespace || '/user/' || arg_min(id_value, {'at': first_seen_at, 'id': id_value}) as person_id
    from users
    group by namespace, component
),
user_rows as (
    select users.namespace, 'user' as id_kind, users.id_value, persons.person_id,
        coalesce(users.because, 'user id') as because, users.first_seen_at
    from users
    join persons on persons.namespace = users.namespace and persons.component = users.component
),
devices as (
    select namespace, id_value,
        arg_min(with_value, first) filter (where with_kind = 'user') as owner,
        arg_min(first.event_id, first) filter (where with_kind = 'user') as owned_by_event,
        count(*) filter (where with_kind = 'user') as user_count,
        min(first.occurred_at) as first_seen_at
    from seen
    where id_kind = 'anonymous'
    group by namespace, id_value
),
device_rows as (
    select devices.namespace, 'anonymous' as id_kind, devices.id_value,
        case
            when devices.user_count > identity.shared_device_limit then null
            when devices.owner is null then devices.namespace || '/anonymous/' || devices.id_value
            else user_rows.person_id
        end as person_id,
        case
            when devices.user_count > identity.shared_device_limit
                then 'nobody: seen with ' || devices.user_count || ' users, more than ' || identity.shared_device_limit
            when devices.owner is null then 'anonymous: no user seen on it yet'
            else 'first seen with user ' || devices.owner || ' in event ' || devices.owned_by_event
        end as because,
        devices.first_seen_at, devices.user_count
    from devices
    cross join config.identity as identity
    left join user_rows on user_rows.namespace = devices.namespace and user_rows.id_value = devices.owner
),
carriers as (
    select namespace, id_kind, id_value, person_id from user_rows
    union all
    select namespace, id_kind, id_value, person_id from device_rows
),
followed as (
    select seen.namespace, seen.id_kind, seen.id_value, carriers.person_id, seen.with_kind, seen.with_value, seen.first
    from seen
    left join carriers
        on carriers.namespace = seen.namespace
        and carriers.id_kind = seen.with_kind
        and carriers.id_value = seen.with_value
    where seen.id_kind not in ('user', 'anonymous')
),
other_rows as (
    select namespace, id_kind, id_value,
        arg_min(person_id, first) filter (where person_id is not null) as person_id,
        coalesce(
            arg_min('follows ' || with_kind || ' ' || with_value || ' of event ' || first.event_id, first)
                filter (where person_id is not null),
            'nobody: no event carried it together with a person yet') as because,
        min(first.occurred_at) as first_seen_at
    from followed
    group by namespace, id_kind, id_value
)
select namespace, id_kind, id_value, person_id, because, 0::bigint as user_count, false as is_shared, first_seen_at
from user_rows
union all
select namespace, id_kind, id_value, person_id, because, user_count, user_count > 1, first_seen_at from device_rows
union all
select namespace, id_kind, id_value, person_id, because, 0, false, first_seen_at from other_rows
"""
