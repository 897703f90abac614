-- Grain: one manager and one person who reports to them today, directly or further down.
-- Solid lines alone count, and each person has one: two give no one a right, nor does a
-- line through somebody who has left. A cycle gives nothing to those in it.
with recursive here as (
    select distinct j.person_id
    from core.fct_jobs as j
    cross join core.dim_horizon as h
    where j.is_primary and j.valid_from <= h.as_of_date and h.as_of_date < j.valid_to
),

lines as (
    select person_id, min(manager_id) as manager_id
    from core.fct_reporting_lines
    where person_id in (select person_id from here)
    group by person_id
    -- a second manager makes it unsure who is in charge
    having count(*) = 1
),

tree as (
    select manager_id, person_id, [person_id] as path
    from lines
    where manager_id in (select person_id from here)

    union all

    select l.manager_id, t.person_id, list_append(t.path, t.manager_id)
    from tree as t
    inner join lines as l on t.manager_id = l.person_id
    where l.manager_id in (select person_id from here) and not list_contains(t.path, t.manager_id)
),

rings as (
    select distinct manager_id
    from tree
    where list_contains(path, manager_id)
)

select manager_id, person_id
from tree
where manager_id not in (select manager_id from rings)
