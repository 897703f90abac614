-- Grain: one identifier of one system and legal entity; '*' stands for any. A value
-- that ever belonged to two people belongs to none, unless a person matched it by hand:
-- then that holds. An observed start is only the
-- day on which we first saw it, so it holds before that as well.
with stated as (
    select
        system,
        legal_entity,
        value,
        person_id,
        coalesce(rule = 'manual', false)                                                                    as is_manual,
        case when valid_basis = 'observed' or valid_from is null then date '1900-01-01' else valid_from end as valid_from,
        coalesce(valid_to, date '9999-12-31')                                                               as valid_to
    from staging.person_xref
    qualify coalesce(rule = 'manual', false) or not bool_or(coalesce(rule = 'manual', false)) over (partition by system, value)
)

select
    case when grouping(system) = 1 then '*' else system end                as system,
    case when grouping(legal_entity) = 1 then '*' else legal_entity end    as legal_entity,
    value,
    case when count(distinct person_id) = 1 then min(person_id) end        as person_id,
    count(distinct person_id) > 1                                          as is_ambiguous,
    bool_and(is_manual)                                                    as is_manual,
    min(valid_from)                                                        as valid_from,
    max(valid_to)                                                          as valid_to
from stated
group by grouping sets ((system, legal_entity, value), (system, value), (value))
having not (grouping(legal_entity) = 0 and legal_entity = '*')  -- a source may say itself that it holds for any
