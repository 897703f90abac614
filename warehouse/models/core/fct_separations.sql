-- Grain: one separation of an employee, in the unit of the last day. term_date is
-- the first day no longer employed, so the month is that of the day before: who
-- leaves with December is a leaver of December, when they were still counted.
with last_jobs as (
    select
        employment_id,
        arg_max(unit_id, valid_to) as unit_id,
        max(valid_to)              as valid_to
    from core.fct_jobs
    where is_primary
    group by employment_id
)

select
    e.employment_id,
    e.person_id,
    e.spell,
    coalesce(j.unit_id, '(no unit)')                    as unit_id,
    e.term_date,
    date_trunc('month', e.term_date - 1)::date          as month,
    coalesce(e.is_voluntary, false)                     as is_voluntary,
    e.term_reason
from core.fct_employments as e
left join last_jobs as j on e.employment_id = j.employment_id
where e.is_separation and e.is_employee
