-- Grain: one need, or one course, and a dial that its tactics are aimed at (empty: none): whether customer feedback asked for it.
with asked as (
    select 'need' as kind, n.need_id as id, n.title as name, coalesce(n.is_customer_feedback, false) as is_customer_led, t.tactic_id
    from core.dim_needs as n
    left join core.dim_tactics as t on n.need_id = t.need_id

    union all

    select 'course', c.course_id, c.name, c.is_customer_led, t.tactic_id
    from core.dim_courses as c
    left join core.dim_tactics as t on c.course_id = t.course_id
)

select distinct a.kind, a.id, a.name, a.is_customer_led, l.metric_id, coalesce(m.name, l.metric_id) as metric_name
from asked as a
left join core.fct_tactic_links as l on a.tactic_id = l.tactic_id and l.is_approved
left join core.dim_metrics as m on l.metric_id = m.metric_id
