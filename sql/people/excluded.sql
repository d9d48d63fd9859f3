-- One row per person whom config/exclude.yaml excludes, and the rule that says so.
--
-- An id excludes the person it leads to; an e-mail domain the persons whose latest known e-mail is of just that domain. Where
-- several rules meet, an id comes before a domain, then the rule that is first in the alphabet.
--
-- grain: person_id
-- by: person_id
-- column: rule | as it is written in config/exclude.yaml
-- column: kind | id, email_domain
-- column: because | why this person, for a person to read
with by_id as (
    select identities.person_id, 1 as place, rules.rule, rules.kind,
        'the id ' || rules.rule || ' leads to them' as because
    from config.exclude as rules
    join people.identities as identities
        on identities.namespace = rules.namespace
        and identities.id_kind = rules.id_kind
        and identities.id_value = rules.value
    where rules.kind = 'id' and identities.person_id is not null
),
latest_emails as (
    select person_id, event_id,
        case when json_type(value) = 'VARCHAR' and value like '%@%'
            then lower(split_part(json_extract_string(value, '$'), '@', -1)) end as email_domain
    from people.traits
    where trait = 'email'
    qualify row_number() over (partition by person_id order by occurred_at desc, event_id desc, source desc) = 1
),
by_email as (
    select latest.person_id, 2 as place, rules.rule, rules.kind,
        'their e-mail is of ' || rules.rule || ', says event ' || latest.event_id as because
    from latest_emails as latest
    join config.exclude as rules on rules.kind = 'email_domain' and rules.value = latest.email_domain
)
select person_id, rule, kind, because
from (select * from by_id union all select * from by_email)
qualify row_number() over (partition by person_id order by place, rule, because) = 1
