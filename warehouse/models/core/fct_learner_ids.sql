-- Grain: one identifier of a person as one source of learning and tactics uses it, and whose it is.
-- Matched by person_xref of the system that is named like the source, else as the
-- person's own id. Where no system is named so: the person's own id, else any system's.
with uses as (
    select source, '*' as legal_entity, person_id as value
    from staging.enrolment
    where person_id is not null

    union

    select source, '*', person_id
    from staging.certification

    union

    select source, '*', person_id
    from staging.learning_event
    where person_id is not null

    union

    select source, '*', person_id
    from staging.tactic_participant
),

systems as (
    select distinct system
    from core.fct_person_ids
),

-- the legal entity's own identifier before any
found as (
    select
        u.source,
        u.legal_entity,
        u.value,
        coalesce(e.value, a.value) is not null and (u.system <> '*' or p.person_id is null)         as is_found,
        case when e.value is not null then e.person_id else a.person_id end                        as person_id,
        case when e.value is not null then e.is_ambiguous else coalesce(a.is_ambiguous, false) end as is_ambiguous,
        p.person_id                                                                                as own_person_id,
        coalesce(e.valid_from, a.valid_from)                                                       as valid_from,
        coalesce(e.valid_to, a.valid_to)                                                           as valid_to
    from (
        select w.source, w.legal_entity, w.value, coalesce(s.system, '*') as system
        from uses as w
        left join systems as s on w.source = s.system
    ) as u
    left join core.fct_person_ids as e on u.system = e.system and u.legal_entity = e.legal_entity and u.value = e.value
    left join core.fct_person_ids as a on u.system = a.system and a.legal_entity = '*' and u.value = a.value
    left join core.dim_people as p on u.value = p.person_id
),

matched as (
    select
        source,
        legal_entity,
        value,
        case when is_found then person_id else own_person_id end as person_id,
        case
            when is_found and is_ambiguous then 'ambiguous'
            when is_found then 'xref'
            when own_person_id is not null then 'own id'
            else 'none'
        end                                                                         as match_basis,
        coalesce(case when is_found then valid_from end, date '1900-01-01')         as valid_from,
        coalesce(case when is_found then valid_to end, date '9999-12-31')           as valid_to
    from found
)

select
    source,
    legal_entity,
    value,
    person_id,
    coalesce(person_id, source || ':' || value) as key_id,  -- someone nobody knows still is someone
    match_basis,
    valid_from,
    valid_to
from matched
