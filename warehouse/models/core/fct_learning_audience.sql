-- Grain: one person and course that a rule asks of them, while they are in its audience: by unit
-- with all below it, title, location and type of employment; what a rule leaves empty is all.
-- Stretches of one rule that touch are one. recurs_months is empty for once.
with matched as (
    select
        a.source || ':' || a.assignment_id                                         as rule_id,
        a.course_id,
        j.person_id,
        a.due_days,
        a.recurs_months,
        greatest(coalesce(a.valid_from, date '1900-01-01'), j.valid_from, coalesce(c.valid_from, date '1900-01-01'))          as from_date,
        least(coalesce(a.valid_to, date '9999-12-31'), j.valid_to, coalesce(c.valid_to, date '9999-12-31'))                   as to_date
    from staging.learning_assignment as a
    inner join core.fct_jobs as j
        on
            j.is_primary
            and coalesce(a.job_title_id = j.job_title_id, a.job_title_id is null)
            and coalesce(a.location = j.location, a.location is null)
            and case when a.employment_type is null then j.is_employee else a.employment_type = j.employment_type end
    left join core.dim_unit_closure as c on c.view_name = 'as_was' and a.unit_id = c.ancestor_id and j.unit_id = c.unit_id
    where a.unit_id is null or c.unit_id is not null
),

stretches as (
    select *, coalesce(from_date > max(to_date) over (
        partition by rule_id, person_id order by from_date, to_date rows between unbounded preceding and 1 preceding
    ), true) as is_new
    from matched
    where from_date < to_date
),

numbered as (
    select *, count(*) filter (where is_new) over (partition by rule_id, person_id order by from_date, to_date rows unbounded preceding) as stretch
    from stretches
)

select
    rule_id,
    course_id,
    person_id,
    coalesce(max(due_days), 0)::integer as due_days,
    max(recurs_months)::integer   as recurs_months,
    min(from_date)                as from_date,
    max(to_date)                  as to_date
from numbered
group by rule_id, course_id, person_id, stretch
