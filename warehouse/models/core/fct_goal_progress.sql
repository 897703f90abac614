-- Grain: one objective and day on which its value was read, until the horizon.
-- progress = (value − baseline) ÷ (target − baseline), by the baseline and target in
-- force that day: it works when down is good, and is kept as it is, above 1 too.
with trusted as (
    select p.goal_id, p.as_of_date, p.value, p.owner_status
    from staging.goal_progress as p
    cross join core.dim_horizon as h
    left join core.dim_sources as s on p.source = s.source
    where p.as_of_date <= h.as_of_date
    qualify row_number() over (partition by p.goal_id, p.as_of_date order by coalesce(s.position, 1000000), p.source) = 1
)

select
    t.goal_id,
    t.as_of_date,
    t.value,
    (t.value - v.baseline) / nullif(v.target - v.baseline, 0) as progress,
    t.owner_status,
    coalesce(lower(trim(t.owner_status)) in ('red', 'amber', 'yellow', 'at risk', 'off track', 'behind', 'late'), false) as is_warned,
    v.due_date                                                as due_date
from trusted as t
inner join core.fct_goal_versions as v on t.goal_id = v.goal_id and t.as_of_date >= v.valid_from and t.as_of_date < v.valid_to
