-- Grain: one identifier of a person as one payroll and legal entity uses it, and whose it is.
-- Matched in this order: by person_xref of the system that is named like the source,
-- by person_xref of any system if none is, else as the person's own id.
with uses as (
    select distinct l.source, coalesce(r.legal_entity, '*') as legal_entity, l.person_id as value
    from staging.payroll_line as l
    left join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
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
        coalesce(e.value, a.value) is not null                                                     as is_found,
        case when e.value is not null then e.person_id else a.person_id end                        as person_id,
        case when e.value is not null then e.is_ambiguous else coalesce(a.is_ambiguous, false) end as is_ambiguous,
        coalesce(e.valid_from, a.valid_from, date '1900-01-01')                                    as valid_from,
        coalesce(e.valid_to, a.valid_to, date '9999-12-31')                                        as valid_to
    from (
        select w.source, w.legal_entity, w.value, coalesce(s.system, '*') as system
        from uses as w
        left join systems as s on w.source = s.system
    ) as u
    left join core.fct_person_ids as e on u.system = e.system and u.legal_entity = e.legal_entity and u.value = e.value
    left join core.fct_person_ids as a on u.system = a.system and a.legal_entity = '*' and u.value = a.value
)

select
    f.source,
    f.legal_entity,
    f.value,
    case when f.is_found then f.person_id else p.person_id end as person_id,
    -- someone nobody knows still is someone
    coalesce(case when f.is_found then f.person_id else p.person_id end, f.source || ':' || f.value) as key_id,
    case
        when f.is_ambiguous then 'ambiguous'
        when f.is_found then 'xref'
        when p.person_id is not null then 'own id'
        else 'none'
    end                                                        as match_basis,
    f.valid_from,
    f.valid_to,
    -- millions of pay lines are grouped by numbers, not by text: that of the person, and
    -- that of the identifier for pay outside the days on which it was the person's
    dense_rank() over (order by coalesce(case when f.is_found then f.person_id else p.person_id end, f.source || ':' || f.value))::integer as payee_number,
    -row_number() over (order by f.source, f.legal_entity, f.value)::integer as identifier_number
from found as f
left join core.dim_people as p on f.value = p.person_id
