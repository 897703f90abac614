-- Grain: one course and step of days since completion, of the company: how many were first seen to apply it then, and how many
-- were no longer followed. A step holds at least five people; fewer than 20 have no curve.
with tallied as (
    select course_id, days, count(*) filter (where applied_date is not null) as applied, count(*) filter (where applied_date is null) as ended, sum(count(*)) over (partition by course_id) as people
    from core.fct_applied
    where course_id in (select course_id from core.fct_applied where applied_date is not null)
    group by course_id, days
),

cut as (
    select
        t.*,
        s.min_people,
        floor((sum(t.applied + t.ended) over (partition by t.course_id order by t.days rows unbounded preceding) - t.applied - t.ended) / s.min_people) as part
    from tallied as t
    cross join core.dim_settings as s
    where t.people >= 20
),

held as (
    select *, case when sum(applied + ended) over (partition by course_id, part) >= min_people then part end as whole
    from cut
),

-- a part that holds fewer, since the day before it held more than it took, joins the last one that holds enough, or the first
stepped as (
    select *, coalesce(max(whole) over (partition by course_id order by days rows unbounded preceding), min(whole) over (partition by course_id)) as step
    from held
)

select
    t.course_id,
    max(t.days)                as days,
    sum(t.applied)::bigint     as applied,
    sum(t.ended)::bigint       as censored,
    max(t.people)::bigint      as people_n,
    coalesce(bool_or(p.is_hidden or p.is_range), true) as is_hidden
from stepped as t
left join core.fct_cell_privacy as p on p.table_name = 'programmes' and p.node_id = '*' and not p.is_own and p.measure = t.course_id || '|applied'
group by t.course_id, t.step
having not coalesce(bool_or(p.is_hidden or p.is_range), true)
