-- Grain: one person employed on the last day and course that a rule asks of them that day; where no
-- rule names a course that has certificates, one holder of one. valid_until: of the latest
-- certificate, where the course has any; else of the latest completion, for as many months as the
-- rule recurs. is_in_time: in the audience for fewer days than the rule gives.
with today as (
    select reference_date, month
    from core.dim_learning_windows
    where window_id = 'now'
),

certificates as (
    select coalesce(i.person_id, c.person_id) as person_id, coalesce(c.course_id, v.course_id) as course_id, c.course_version_id, c.issued_date, c.expires_date
    from staging.certification as c
    left join core.fct_learner_ids as i on c.source = i.source and c.person_id = i.value
    left join (select course_version_id, min(course_id) as course_id from staging.course_version group by course_version_id) as v
        on c.course_version_id = v.course_version_id
),

latest as (
    select
        c.person_id,
        c.course_id,
        c.issued_date                                        as proof_date,
        coalesce(c.expires_date, date '9999-12-31')          as valid_until,
        c.course_version_id
    from certificates as c
    cross join today as t
    where c.issued_date <= t.reference_date
    -- the proof is one certificate: the one that holds longest, of these the latest
    qualify row_number() over (
        partition by c.person_id, c.course_id order by coalesce(c.expires_date, date '9999-12-31') desc, c.issued_date desc, c.course_version_id
    ) = 1
),

completed as (
    select l.person_id, l.course_id, max(l.completed_date) as proof_date, arg_max(l.course_version_id, l.completed_date) as course_version_id
    from core.fct_learning as l
    cross join today as t
    where l.completed_date <= t.reference_date and coalesce(l.is_passed, true) and l.person_id is not null
    group by l.person_id, l.course_id
),

ruled as (
    select a.person_id, a.course_id, min(a.from_date) as from_date, min(a.recurs_months) as recurs_months, max(a.due_days) as due_days
    from core.fct_learning_audience as a
    cross join today as t
    where a.from_date <= t.reference_date and a.to_date > t.reference_date
    group by a.person_id, a.course_id
),

required as (
    select person_id, course_id, from_date, recurs_months, due_days, true as is_ruled
    from ruled

    union all

    select person_id, course_id, proof_date, null, 0, false
    from latest
    where course_id not in (select course_id from staging.learning_assignment)
)

select
    t.month,
    r.person_id,
    r.course_id,
    r.is_ruled,
    r.from_date,
    case when k.course_id is not null then l.proof_date else d.proof_date end                                      as proof_date,
    case when k.course_id is not null then l.course_version_id else d.course_version_id end                        as course_version_id,
    case
        when k.course_id is not null then l.valid_until
        when d.proof_date is null then null
        when r.recurs_months is null then date '9999-12-31'
        else (d.proof_date + r.recurs_months * interval 1 month + r.due_days * interval 1 day)::date
    end                                                                                                            as valid_until,
    k.course_id is not null                                                                                        as is_certified,
    r.from_date + r.due_days >= t.reference_date                                                                   as is_in_time,
    t.reference_date
from required as r
cross join today as t
inner join core.fct_learner_places as p on t.month = p.month and r.person_id = p.learner_id and p.is_active
left join latest as l on r.person_id = l.person_id and r.course_id = l.course_id
left join completed as d on r.person_id = d.person_id and r.course_id = d.course_id
left join (select distinct course_id from certificates) as k on r.course_id = k.course_id
