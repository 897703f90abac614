-- A person has one primary job a day among employees; of several, the one that started last counts.
-- severity: warning
with stated as (
    select
        e.person_id,
        j.employment_id,
        j.assignment_id,
        greatest(j.valid_from, e.hire_date) as valid_from,
        least(
            coalesce(j.valid_to, date '9999-12-31'),
            coalesce(lead(j.valid_from) over (partition by j.source, j.employment_id, j.assignment_id order by j.valid_from), date '9999-12-31'),
            coalesce(e.term_date, date '9999-12-31')
        ) as valid_to
    from staging.job as j
    inner join core.fct_employments as e on j.employment_id = e.employment_id and e.is_employee
    where j.is_primary
),

followed as (
    select person_id, employment_id, valid_to, lead(valid_from) over (partition by person_id order by valid_from, valid_to) as next_from
    from stated
    where valid_from < valid_to
)

select format('job: {} people have more than one primary job on a day, such as employment {} on {}', count(distinct person_id), any_value(employment_id), any_value(next_from)::varchar) as message
from followed
where next_from < valid_to
having count(*) > 0
