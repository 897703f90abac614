-- Grain: one version of what was known of the end of one employee's employment: its latest record, from known_from
-- until known_to. A time that the source states counts only if the source is a trusted log; else it is the moment of
-- loading. first_known is when anything of the employment was known: where all that we have is a record that holds an
-- end already, its start is taken to have been known from the day of hiring.
with versions as (
    select
        v.employment_id,
        v.person_id,
        v.term_date,
        v.valid_from,
        v.is_deleted,
        case when s.is_trusted_log and v.stated_at is not null then v.stated_at else v.recorded_at end as known_from,
        coalesce(v.superseded_at, timestamp '9999-12-31')                                             as known_to,
        max(v.valid_from) over (partition by v.employment_id)                                         as last_from
    from staging.employment_versions as v
    left join core.dim_sources as s on v.source = s.source
),

firsts as (
    select employment_id, min(known_from) as known_from, arg_min(term_date is null, known_from) as is_start
    from versions
    group by employment_id
)

select
    v.employment_id,
    e.person_id,
    v.term_date,
    e.term_date is not distinct from v.term_date                      as is_as_now,
    coalesce(v.known_from, timestamp '1900-01-01')                    as known_from,
    v.known_to,
    v.is_deleted,
    case when f.is_start then f.known_from else e.hire_date::timestamp end as first_known
from versions as v
inner join firsts as f on v.employment_id = f.employment_id
inner join core.fct_employments as e on v.employment_id = e.employment_id
where e.is_employee and v.valid_from is not distinct from v.last_from
