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
)

select
    u.source,
    u.legal_entity,
    u.value,
    case when x.value is not null then x.person_id else p.person_id end  as person_id,
    -- someone nobody knows still is someone
    coalesce(
        case when x.value is not null then x.person_id else p.person_id end,
        u.source || ':' || u.value
    )                                                                    as key_id,
    case
        when x.is_ambiguous then 'ambiguous'
        when x.value is not null then 'xref'
        when p.person_id is not null then 'own id'
        else 'none'
    end                                                                  as match_basis,
    coalesce(x.valid_from, date '1900-01-01')                            as valid_from,
    coalesce(x.valid_to, date '9999-12-31')                              as valid_to
from uses as u
left join systems as s on u.source = s.system
left join core.fct_person_ids as x
    on u.value = x.value
    and x.system = case when s.system is null then '*' else s.system end
    and x.legal_entity in (u.legal_entity, '*')
left join core.dim_people as p on u.value = p.person_id
-- the legal entity's own identifier before any
qualify row_number() over (partition by u.source, u.legal_entity, u.value order by x.legal_entity = '*') = 1
