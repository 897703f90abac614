-- Grain: one review that was due by the last day of the facts, in the fiscal year of its due date (of the day it was
-- held where none was set), in the unit and title that the person had then, with all that followed it until that day.
-- checkins are those held with the person in the year before the review; a check counts if somebody else than the
-- reviewer and the person made it. has_gap: on that day a manager's rating of the year before was below what the title
-- needs; is_tied: a plan item of the review names a competency with such a gap.
with known as (
    select
        r.review_id,
        r.person_id,
        r.reviewer_id,
        r.due_date,
        case when r.held_date <= h.as_of_date then r.held_date end                                 as held_date,
        case when r.completed_date <= h.as_of_date then r.completed_date end                       as completed_date,
        r.mode,
        r.were_both_present,
        r.rating,
        r.scale_id,
        coalesce(r.due_date, r.held_date)                                                          as year_date,
        h.as_of_date
    from staging.review as r
    cross join core.dim_horizon as h
    left join core.dim_sources as s on r.source = s.source
    where coalesce(r.due_date, r.held_date) <= h.as_of_date
    qualify row_number() over (partition by r.review_id order by coalesce(s.position, 1000000), r.source) = 1
),

jobs as (
    select person_id, unit_id, job_title_id, location, valid_from, valid_to
    from core.fct_jobs
    where is_primary and is_employee
),

placed as (
    select k.review_id, j.unit_id, j.job_title_id, j.location
    from known as k
    inner join jobs as j on k.person_id = j.person_id and j.valid_from <= coalesce(k.held_date, k.year_date)
    -- who has left by then is counted where they were last
    qualify row_number() over (partition by k.review_id order by j.valid_from desc) = 1
),

followed as (
    select
        a.review_id,
        count(*)                                                                                   as actions,
        count(*) filter (where a.done_date <= h.as_of_date)                                        as actions_done,
        count(*) filter (where a.due_date <= h.as_of_date)                                         as actions_due,
        count(*) filter (where a.due_date <= h.as_of_date and a.done_date <= a.due_date)           as actions_on_time
    from staging.action as a
    cross join core.dim_horizon as h
    group by a.review_id
),

checked as (
    select c.review_id, bool_and(coalesce(c.is_passed, false)) as is_passed
    from staging.review_check as c
    inner join known as k on c.review_id = k.review_id
    where c.checker_id is distinct from k.reviewer_id and c.checker_id is distinct from k.person_id and c.checked_date <= k.as_of_date
    group by c.review_id
),

backed as (
    select k.review_id, count(distinct c.checkin_id) as checkins
    from known as k
    inner join staging.checkin as c on k.person_id = c.person_id and c.held_date < k.held_date and c.held_date >= k.held_date - 365
    group by k.review_id
),

levels as (
    select k.review_id, a.competency_id, arg_max(a.value, a.assessed_date) as value
    from known as k
    inner join staging.assessment as a
        on k.person_id = a.person_id and a.rater_type = 'manager' and a.assessed_date <= k.held_date and a.assessed_date > k.held_date - 365
    group by k.review_id, a.competency_id
),

gaps as (
    select k.review_id, q.competency_id
    from known as k
    inner join placed as p on k.review_id = p.review_id
    inner join levels as l on k.review_id = l.review_id
    inner join core.fct_requirements as q
        on p.job_title_id = q.job_title_id
        and l.competency_id = q.competency_id
        and (coalesce(q.unit_id, '') = '' or q.unit_id = p.unit_id)
        and q.valid_from <= k.held_date
        and coalesce(q.valid_to > k.held_date, true)
    where l.value < q.level
    group by k.review_id, q.competency_id
),

tied as (
    select g.review_id, bool_or(i.review_id is not null) as is_tied
    from gaps as g
    left join staging.plan_item as i on g.review_id = i.review_id and g.competency_id = i.competency_id
    group by g.review_id
)

select
    k.review_id,
    k.person_id,
    k.reviewer_id,
    y.month,
    y.fiscal_year,
    coalesce(p.unit_id, '(no unit)')         as unit_id,
    coalesce(p.job_title_id, '(no title)')   as job_title_id,
    coalesce(p.location, '(no place)')       as location,
    k.due_date,
    k.held_date,
    k.completed_date,
    k.mode,
    k.were_both_present,
    case when k.held_date is not null then k.rating end as rating,
    k.scale_id,
    coalesce(f.actions, 0)                   as actions,
    coalesce(f.actions_done, 0)              as actions_done,
    coalesce(f.actions_due, 0)               as actions_due,
    coalesce(f.actions_on_time, 0)           as actions_on_time,
    c.review_id is not null                  as is_checked,
    coalesce(c.is_passed, false)             as is_passed,
    coalesce(b.checkins, 0)                  as checkins,
    t.review_id is not null                  as has_gap,
    coalesce(t.is_tied, false)               as is_tied
from known as k
inner join core.dim_review_years as y on k.year_date >= y.from_date and k.year_date < y.to_date
left join placed as p on k.review_id = p.review_id
left join followed as f on k.review_id = f.review_id
left join checked as c on k.review_id = c.review_id
left join backed as b on k.review_id = b.review_id
left join tied as t on k.review_id = t.review_id
