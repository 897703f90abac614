-- Grain: one window, cost line of learning and learner that it went to (empty: to nobody in particular). A line
-- for a person is theirs; one for a session, a course or a tactic's course is its learners', by their
-- hours in the window; one for a unit is the unit's; the rest is unallocated, and stays in the company's sum.
with lines as (
    select
        c.cost_id,
        c.source,
        c.cost_type,
        c.cost_date,
        coalesce(c.course_id, s.course_id, t.course_id)   as course_id,
        coalesce(i.person_id, c.person_id)                as person_id,
        c.unit_id,
        c.amount
    from core.fct_learning_costs as c
    left join (select session_id, min(course_id) as course_id from staging.session group by session_id) as s on c.session_id = s.session_id
    left join core.dim_tactics as t on c.tactic_id = t.tactic_id
    left join core.fct_person_ids as i on i.system = '*' and i.legal_entity = '*' and c.person_id = i.value and not i.is_ambiguous
),

windowed as (
    select w.window_id, w.month, w.from_date, w.to_date, l.*
    from lines as l
    inner join core.dim_learning_windows as w on w.window_id in ('fy', 'last-fy', 'rolling-12') and l.cost_date >= w.from_date and l.cost_date < w.to_date
),

hours as (
    select w.window_id, h.course_id, h.learner_id, sum(h.hours) as hours, sum(sum(h.hours)) over (partition by w.window_id, h.course_id) as all_hours
    from core.fct_learning_hours as h
    inner join core.dim_learning_windows as w on w.window_id in ('fy', 'last-fy', 'rolling-12') and h.day >= w.from_date and h.day < w.to_date
    where h.hours > 0
    group by w.window_id, h.course_id, h.learner_id
)

select
    l.window_id,
    l.month,
    l.cost_id,
    l.source,
    l.course_id,
    coalesce(l.person_id, h.learner_id)                                                              as learner_id,
    case when l.person_id is null and h.learner_id is null then l.unit_id end                        as unit_id,
    l.amount * case when l.person_id is null and h.learner_id is not null then h.hours / h.all_hours else 1 end as amount
from windowed as l
left join hours as h on case when l.person_id is null then l.window_id end = h.window_id and l.course_id = h.course_id
