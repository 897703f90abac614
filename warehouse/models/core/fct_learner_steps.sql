-- Grain: one learner, course and window (or cohort): what was assigned to them in it and how far
-- they came by the day that the window is told as of. base: assigned less withdrawn, exempt and left
-- before it was due. In the window now: what is due by then of those employed, and what is overdue.
with states as (
    select
        w.window_id,
        w.month,
        w.to_date,
        l.learner_id,
        l.course_id,
        l.due_date,
        l.assigned_basis = 'first_seen'                                                                     as is_first_seen,
        l.is_exempt,
        l.is_withdrawn and coalesce(l.withdrawn_date <= w.state_date, true)                                  as is_withdrawn,
        coalesce(l.done_date <= w.state_date, l.is_completed and l.done_date is null)                        as is_done,
        coalesce(l.started_date <= w.state_date, false)                                                      as is_started,
        l.is_assessed and coalesce(l.done_date <= w.state_date, l.done_date is null)                         as is_assessed,
        x.left_date <= w.state_date and x.left_date <= coalesce(l.due_date, w.state_date)                    as is_left,
        x.left_date <= w.state_date                                                                          as is_gone,
        w.state_date
    from core.fct_learning as l
    inner join core.dim_learning_windows as w on l.assigned_date >= w.from_date and l.assigned_date < w.to_date
    left join core.fct_leavers as x on l.person_id = x.person_id
    where l.is_assigned
)

select
    window_id,
    month,
    to_date,
    learner_id,
    course_id,
    count(*)                                                                                                 as assigned,
    count(*) filter (where is_withdrawn and not is_done)                                                     as withdrawn,
    count(*) filter (where is_exempt)                                                                        as exempt,
    count(*) filter (where is_left and not is_done and not is_withdrawn and not is_exempt)                   as left_before_due,
    count(*) filter (where is_first_seen)                                                                    as first_seen,
    count(*) filter (where not is_exempt and (is_done or not is_withdrawn and not coalesce(is_left, false))) as base,
    count(*) filter (where not is_exempt and (is_started or is_done) and (is_done or not is_withdrawn and not coalesce(is_left, false))) as started,
    count(*) filter (where not is_exempt and is_done)                                                        as completed,
    count(*) filter (where not is_exempt and is_done and is_assessed)                                        as assessed,
    count(*) filter (where due_date < state_date and not is_exempt and not is_withdrawn and not coalesce(is_gone, false))                 as due,
    count(*) filter (where due_date < state_date and not is_exempt and not is_withdrawn and not coalesce(is_gone, false) and not is_done) as overdue
from states
group by window_id, month, to_date, learner_id, course_id
