-- Grain: one unit, one attribute of people and value ('' is all of them) and one reference month:
-- employees on its last day, or at the horizon. Reference months are the horizon's and the ends of
-- quarters of three years.
with months as (
    select m.month, least(m.next_month - 1, h.as_of_date) as day
    from core.dim_months as m
    cross join core.dim_horizon as h
    where m.month = date_trunc('month', h.as_of_date) or (month(m.month) % 3 = 0 and m.month > h.as_of_date - interval 37 month)
),

stood as (
    select m.month, j.unit_id, j.job_title_id, j.location, j.employment_type, count(*) as people
    from months as m
    inner join core.fct_jobs as j on j.valid_from <= m.day and j.valid_to > m.day
    where j.is_primary and j.is_employee
    group by m.month, j.unit_id, j.job_title_id, j.location, j.employment_type
)

select
    'headcount'                                                                                as table_name,
    ''                                                                                         as measure,
    month,
    unit_id,
    case when grouping(job_title_id) = 0 then 'title' when grouping(location) = 0 then 'location' when grouping(employment_type) = 0 then 'type' else '' end as attribute,
    case
        when grouping(job_title_id) = 0 then coalesce(job_title_id, '(none)')
        when grouping(location) = 0 then coalesce(location, '(none)')
        when grouping(employment_type) = 0 then coalesce(employment_type, '(none)')
        else ''
    end                                                                                        as attribute_value,
    sum(people)::bigint                                                                        as people,
    null::bigint                                                                               as numerator,
    null::double                                                                               as largest,
    null::double                                                                               as total,
    'people'                                                                                   as floor
from stood
group by grouping sets ((month, unit_id), (month, unit_id, job_title_id), (month, unit_id, location), (month, unit_id, employment_type))
