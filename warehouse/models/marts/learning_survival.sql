-- Grain: one node of the unit tree ('*' is the company), window, course ('' is all) and step of days
-- since the assignment: how many assignments were completed then, and how many were no longer
-- followed (open, left, withdrawn). A step ends on the day on which five further people are behind
-- it, so small groups move in few steps; where the share completed is told as a range, there is no curve; no curve stands on fewer than 20 people. What was only first
-- seen, and nobody knows since when, is not in it.
with followed as (
    select
        w.window_id,
        w.month,
        l.learner_id,
        l.course_id,
        coalesce(l.done_date <= w.state_date, false)                                                            as is_event,
        greatest(case
            when l.done_date <= w.state_date then l.done_date
            else least(coalesce(l.withdrawn_date, date '9999-12-31'), coalesce(x.left_date, date '9999-12-31'), w.state_date)
        end - l.assigned_date, 0)                                                                               as days
    from core.fct_learning as l
    inner join core.dim_learning_windows as w
        on w.window_id in ('fy', 'last-fy', 'rolling-12') and l.assigned_date >= w.from_date and l.assigned_date < w.to_date
    left join core.fct_leavers as x on l.person_id = x.person_id
    where l.is_assigned and not l.is_exempt and l.assigned_basis <> 'first_seen' and not (l.is_completed and l.done_date is null)
),

daily as (
    select f.window_id, f.month, s.node_id as ancestor_id, f.course_id, f.days, f.is_event, f.learner_id
    from followed as f
    inner join core.fct_learner_places as p on f.month = p.month and f.learner_id = p.learner_id
    inner join core.dim_cell_places as s on not s.is_own and f.month = s.month and p.unit_id = s.unit_id
    where s.node_id = '*' or s.node_id in (select unit_id from core.dim_units where depth <= 2)
),

curves as (
    select window_id, month, ancestor_id, '' as course_id, days, is_event, learner_id
    from daily

    union all

    select window_id, month, ancestor_id, course_id, days, is_event, learner_id
    from daily
    where ancestor_id = '*' or ancestor_id in (select unit_id from core.dim_units where depth <= 1)
),

sizes as (
    select window_id, ancestor_id, course_id, count(distinct learner_id) as people
    from curves
    group by window_id, ancestor_id, course_id
    having count(distinct learner_id) >= 20
),

tallied as (
    select c.window_id, c.month, c.ancestor_id, c.course_id, c.days, count(*) filter (where c.is_event) as done, count(*) filter (where not c.is_event) as ended, z.people
    from curves as c
    inner join sizes as z on c.window_id = z.window_id and c.ancestor_id = z.ancestor_id and c.course_id = z.course_id
    group by c.window_id, c.month, c.ancestor_id, c.course_id, c.days, z.people
),

-- days join a step until it holds enough
cut as (
    select
        t.*,
        s.min_people,
        floor((sum(t.done + t.ended) over (partition by t.window_id, t.ancestor_id, t.course_id order by t.days rows unbounded preceding) - t.done - t.ended) / s.min_people) as part
    from tallied as t
    cross join core.dim_settings as s
),

held as (
    select *, case when sum(done + ended) over (partition by window_id, ancestor_id, course_id, part) >= min_people then part end as whole
    from cut
),

-- a part that holds fewer, since the day before it held more than it took, joins the last one that holds enough, or the first
stepped as (
    select *, coalesce(
        max(whole) over (partition by window_id, ancestor_id, course_id order by days rows unbounded preceding),
        min(whole) over (partition by window_id, ancestor_id, course_id)
    ) as step
    from held
)

select
    v.view_name,
    t.ancestor_id,
    t.window_id,
    t.month,
    t.course_id,
    max(t.days)              as days,
    sum(t.done)::bigint      as completed,
    sum(t.ended)::bigint     as censored,
    max(t.people)            as people_n,
    coalesce(bool_or(p.is_hidden or coalesce(p.is_range, false)), true) as is_hidden
from stepped as t
left join core.fct_cell_privacy as p
    on
        p.table_name = 'learning' and p.measure = t.window_id || '|completed|' || t.course_id || '|' and t.month = p.month
        and t.ancestor_id = p.node_id and not p.is_own and p.attribute = ''
cross join (values ('as_was'), ('as_now')) as v (view_name)
group by v.view_name, t.ancestor_id, t.window_id, t.month, t.course_id, t.step
having not coalesce(bool_or(p.is_hidden or coalesce(p.is_range, false)), true)
