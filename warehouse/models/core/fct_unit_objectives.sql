-- Grain: one unit in which employees have their primary job on the last day of the data:
-- how many, their full-time equivalents, and whether the unit itself has an objective that
-- is current. One of a unit above is not its own.
select
    j.unit_id,
    date_trunc('month', h.as_of_date)::date           as month,
    count(distinct j.person_id)                       as people,
    sum(j.fte_share)                                  as fte,
    bool_or(o.unit_id is not null)                    as has_objective
from core.fct_jobs as j
cross join core.dim_horizon as h
left join (
    select distinct unit_id
    from core.fct_goals
    where is_current and not is_personal
) as o on j.unit_id = o.unit_id
where j.is_employee and j.is_primary and j.valid_from <= h.as_of_date and h.as_of_date < j.valid_to
group by j.unit_id, h.as_of_date
