-- Grain: one window, cost line of learning and learner that it went to (empty: to nobody in particular). A line
-- for a person is theirs; one for a session, a course or a tactic's course is its learners', by their
-- hours in the window (of a session without hours, its course's); one for a unit is the unit's; the rest is
-- unallocated, and stays in the company's sum.
with lines as (
    select
        c.cost_id,
        c.source,
        c.cost_type,
        c.cost_date,
        coalesce(c.course_id, t.course_id)                as course_id,
        c.session_id,
        coalesce(i.person_id, c.person_id)                as person_id,
        c.unit_id,
        c.amount
    from core.fct_learning_costs as c
    left join core.dim_tactics as t on c.tactic_id = t.tactic_id
    left join core.fct_person_ids as i on i.system = '*' and i.legal_entity = '*' and c.person_id = i.value and not i.is_ambiguous
),

windowed as (
    select w.window_id, w.month, w.from_date, w.to_date, l.*
    from lines as l
    inner join core.dim_learning_windows as w on w.window_id in ('fy', 'last-fy', 'rolling-12') and l.cost_date >= w.from_date and l.cost_date < w.to_date
),

spent as (
    select w.window_id, h.course_id, h.session_id, h.learner_id, sum(h.hours) as hours
    from core.fct_learning_hours as h
    inner join core.dim_learning_windows as w on w.window_id in ('fy', 'last-fy', 'rolling-12') and h.day >= w.from_date and h.day < w.to_date
    where h.hours > 0
    group by w.window_id, h.course_id, h.session_id, h.learner_id
),

-- the sessions that a line is for
sessions as (
    select distinct s.window_id, s.session_id
    from spent as s
    inner join (select distinct session_id from core.fct_learning_costs) as c on s.session_id = c.session_id
),

hours as (
    select window_id, 'course ' || course_id as spent_on, learner_id, sum(hours) as hours, sum(sum(hours)) over (partition by window_id, course_id) as all_hours
    from spent
    group by window_id, course_id, learner_id

    union all

    select s.window_id, 'session ' || s.session_id, s.learner_id, sum(s.hours), sum(sum(s.hours)) over (partition by s.window_id, s.session_id)
    from spent as s
    inner join sessions as z on s.window_id = z.window_id and s.session_id = z.session_id
    group by s.window_id, s.session_id, s.learner_id
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
left join sessions as z on l.window_id = z.window_id and l.session_id = z.session_id
left join hours as h
    on case when l.person_id is null then l.window_id end = h.window_id and coalesce('session ' || z.session_id, 'course ' || l.course_id) = h.spent_on
