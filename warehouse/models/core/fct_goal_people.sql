-- Grain: one person with a primary job on the last day of the data who has an objective of
-- their own that is current, and that objective. Tasks hang under objectives and do not count.
select
    g.goal_id,
    g.parent_id,
    g.owner_id                                        as person_id,
    j.unit_id,
    p.has_sight,
    date_trunc('month', g.as_of_date)::date           as month
from core.fct_goals as g
inner join core.fct_goal_paths as p on g.goal_id = p.goal_id
inner join core.fct_jobs as j
    on g.owner_id = j.person_id and j.is_primary and j.is_employee and j.valid_from <= g.as_of_date and g.as_of_date < j.valid_to
where g.level = 'individual' and g.is_current
