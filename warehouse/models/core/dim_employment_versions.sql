-- Grain: one version of one employment. The versions of an employment cover all
-- its days: the first one holds from the hire date on, the last one until the end.
with trusted as (
    select
        e.employment_id,
        e.person_id,
        e.legal_entity,
        e.hire_date,
        e.term_date,
        e.term_reason,
        e.is_voluntary,
        e.employment_type,
        e.contracted_hours,
        coalesce(e.valid_from, e.hire_date) as valid_from,
        e.source
    from staging.employment as e
    left join core.dim_sources as s on e.source = s.source
    qualify dense_rank() over (partition by e.employment_id order by coalesce(s.position, 1000000), e.source) = 1
)

select
    employment_id,
    person_id,
    legal_entity,
    hire_date,
    term_date,
    term_reason,
    is_voluntary,
    employment_type,
    employment_type = 'employee'                                  as is_employee,
    contracted_hours,
    source,
    case when row_number() over versions = 1 then date '1900-01-01' else valid_from end as valid_from,
    coalesce(lead(valid_from) over versions, date '9999-12-31')   as valid_to,
    row_number() over (partition by employment_id order by valid_from desc) = 1 as is_latest
from trusted
window versions as (partition by employment_id order by valid_from)
