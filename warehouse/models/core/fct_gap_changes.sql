-- Grain: one person and competency between two manager's ratings in a row, at most 18 months
-- apart, with the courses on it that they completed meanwhile. is_untrained: none of
-- them then, and none before.
with ratings as (
    select
        person_id,
        competency_id,
        assessed_date,
        max(share) as share  -- two on one day: the higher
    from core.fct_ratings
    where rater_type = 'manager'
    group by person_id, competency_id, assessed_date
),

pairs as (
    select
        person_id,
        competency_id,
        lag(assessed_date) over ratings_in_order as from_date,
        lag(share) over ratings_in_order         as from_share,
        assessed_date                            as to_date,
        share                                    as to_share
    from ratings
    window ratings_in_order as (partition by person_id, competency_id order by assessed_date)
),

taught as (
    select distinct course_id, competency_id
    from core.fct_course_competencies
),

done as (
    select e.person_id, t.competency_id, e.course_id, e.completed_at::date as completed_date
    from core.fct_enrolments as e
    inner join taught as t on e.course_id = t.course_id
    where e.completed_at is not null and e.person_id is not null and coalesce(e.is_passed, true)
),

meanwhile as (
    select p.person_id, p.competency_id, p.to_date, list(distinct d.course_id order by d.course_id) as course_ids
    from pairs as p
    inner join done as d
        on p.person_id = d.person_id and p.competency_id = d.competency_id and d.completed_date > p.from_date and d.completed_date <= p.to_date
    group by p.person_id, p.competency_id, p.to_date
),

firsts as (
    select person_id, competency_id, min(completed_date) as first_date
    from done
    group by person_id, competency_id
)

select
    p.person_id,
    p.competency_id,
    p.from_date,
    p.to_date,
    p.from_share,
    p.to_share,
    coalesce(m.course_ids, [])                                as course_ids,
    coalesce(f.first_date > p.to_date, true)                  as is_untrained,
    j.job_title_id,
    q.share                                                   as required_share
from pairs as p
left join meanwhile as m on p.person_id = m.person_id and p.competency_id = m.competency_id and p.to_date = m.to_date
left join firsts as f on p.person_id = f.person_id and p.competency_id = f.competency_id
left join core.fct_jobs as j
    on p.person_id = j.person_id and j.is_primary and j.is_employee and p.to_date >= j.valid_from and p.to_date < j.valid_to
left join core.fct_requirement_spans as q
    on j.job_title_id = q.job_title_id and p.competency_id = q.competency_id and q.unit_id = '' and p.to_date >= q.valid_from and p.to_date < q.valid_to
where p.from_date is not null and p.to_date - p.from_date <= 550
