-- Grain: one person and the unit that they work in, or worked in last: who is granted
-- the unit may, by role, see rows about them. A person without a job has none.
with horizon as (
    select as_of_date
    from core.dim_horizon
)

select j.person_id, j.unit_id
from core.fct_jobs as j
cross join horizon as h
where j.is_primary and j.valid_from <= h.as_of_date
qualify row_number() over (
    partition by j.person_id
    order by (j.is_employee and j.valid_to > h.as_of_date) desc, (j.valid_to > h.as_of_date) desc, j.valid_from desc, j.employment_id, j.unit_id
) = 1
