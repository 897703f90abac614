-- Grain: one title: its requirements in force at the horizon, and the changes of the 12 months before:
-- new ones, levels or weights that were changed, and ones withdrawn. What was seen with the
-- first delivery, without a date of its own, is no change, nor is what was stated anew as it was.
with horizon as (
    select coalesce((select as_of_date from core.dim_horizon), (select max(valid_from) from core.fct_requirement_spans)) as day
),

marked as (
    select
        r.job_title_id,
        r.valid_from <= h.day and h.day < r.valid_to                                                     as is_current,
        r.valid_from > h.day - interval 1 year and r.valid_from <= h.day
        and not coalesce(r.earlier_to >= r.valid_from and r.earlier_level = r.level and r.earlier_weight = r.weight, false) as is_begun,
        coalesce(r.earlier_to >= r.valid_from, false)                                                    as is_follow_up,
        r.valid_to > h.day - interval 1 year and r.valid_to <= h.day
        and lead(r.valid_from) over (partition by r.competency_id, r.job_title_id, r.unit_id order by r.valid_from) is distinct from r.valid_to as is_ended
    from core.fct_requirement_spans as r
    cross join horizon as h
)

select
    job_title_id,
    count(*) filter (is_current)                        as requirements,
    count(*) filter (is_begun and not is_follow_up)     as new_requirements,
    count(*) filter (is_begun and is_follow_up)         as changed_requirements,
    count(*) filter (is_ended)                          as withdrawn_requirements
from marked
group by job_title_id
having count(*) filter (is_current) > 0 or count(*) filter (is_begun or is_ended) > 0
order by job_title_id
