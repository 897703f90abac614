-- Grain: one competency that a title in a unit requires on one of the days of
-- core.fct_gap_dates. Of a requirement for everywhere and those for a unit or one above
-- it, the most specific one holds alone.
with held as (
    select distinct day, unit_id, job_title_id
    from core.fct_gap_people
    where job_title_id <> ''
),

depths as (
    select h.day, c.unit_id, c.ancestor_id, count(*) over (partition by h.day, c.unit_id) as units_above
    from (select distinct day, unit_id from held) as h
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was' and h.unit_id = c.unit_id and h.day >= c.valid_from and h.day < c.valid_to
),

-- how far from the top an ancestor is: as many units are above it as it has ancestors
ranks as (
    select d.day, d.unit_id, d.ancestor_id, count(a.ancestor_id) as depth
    from depths as d
    left join core.dim_unit_closure as a
        on a.view_name = 'as_was' and d.ancestor_id = a.unit_id and d.day >= a.valid_from and d.day < a.valid_to
    where d.ancestor_id in (select unit_id from core.fct_requirement_spans)
    group by d.day, d.unit_id, d.ancestor_id
)

select
    h.day,
    h.unit_id,
    h.job_title_id,
    r.competency_id,
    r.level,
    r.share,
    r.weight,
    r.goal_id
from held as h
inner join core.fct_requirement_spans as r
    on h.job_title_id = r.job_title_id and h.day >= r.valid_from and h.day < r.valid_to
left join ranks as k on h.day = k.day and h.unit_id = k.unit_id and r.unit_id = k.ancestor_id
where r.unit_id = '' or r.unit_id = h.unit_id or k.depth is not null
qualify row_number() over (
    partition by h.day, h.unit_id, h.job_title_id, r.competency_id
    order by case when r.unit_id = h.unit_id then 1000000 when r.unit_id = '' then -1 else k.depth end desc
) = 1
