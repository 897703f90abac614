-- Grain: one competency and reference month, of the whole company: what a projection from that day
-- needs. required_n: of how many people it is required; proficient_n: how many of them are known to be at
-- the level (the rest is below, or unknown); exits and person-years of those titles in the
-- 12 months before; pipeline_n: people below the level or unknown who were in a course on it;
-- reached of below: how many of those below came up to it after such a course, so far. stayed_n: of the
-- proficient, those who were employees a year before: what a projection from then was about.
with days as (
    select day, month
    from core.fct_gap_dates
    where is_reference
),

counted as (
    select
        s.day,
        s.competency_id,
        count(*)                                                        as required_n,
        count(s.stated_share)                                           as assessed_n,
        count(*) filter (s.stated_share >= s.required_share - 1e-9)     as proficient_n
    from core.fct_gap_states as s
    where s.day in (select day from days)
    group by s.day, s.competency_id
),

stayed as (
    select s.day, s.competency_id, count(*) as stayed_n
    from core.fct_gap_states as s
    inner join days as d on s.day = d.day
    inner join days as e on e.month = d.month - interval 1 year
    inner join core.fct_gap_people as p on e.day = p.day and s.person_id = p.person_id
    where s.stated_share >= s.required_share - 1e-9
    group by s.day, s.competency_id
),

-- titles that require the competency on the day
asking as (
    select distinct day, competency_id, job_title_id
    from core.fct_required
    where share is not null and day in (select day from days)
),

stays as (
    select
        d.day,
        j.job_title_id,
        sum(date_diff('day', greatest(j.valid_from, d.day - 365), least(j.valid_to, d.day + 1))) / 365.25 as person_years
    from days as d
    inner join core.fct_jobs as j on j.valid_from <= d.day and j.valid_to > d.day - 365
    where j.is_primary and j.is_employee and greatest(j.valid_from, d.day - 365) < least(j.valid_to, d.day + 1)
    group by d.day, j.job_title_id
),

exits as (
    select d.day, j.job_title_id, count(*) as exits
    from days as d
    inner join core.fct_separations as x on x.term_date > d.day - 365 and x.term_date <= d.day + 1
    inner join core.fct_jobs as j on x.employment_id = j.employment_id and j.is_primary and x.term_date > j.valid_from and x.term_date <= j.valid_to
    group by d.day, j.job_title_id
),

flows as (
    select a.day, a.competency_id, coalesce(sum(x.exits), 0) as exits, sum(s.person_years) as person_years
    from asking as a
    left join stays as s on a.day = s.day and a.job_title_id = s.job_title_id
    left join exits as x on a.day = x.day and a.job_title_id = x.job_title_id
    group by a.day, a.competency_id
),

learning as (
    select
        e.person_id,
        t.competency_id,
        coalesce(e.assigned_date, e.started_at::date)                                                   as from_date,
        coalesce(e.completed_at::date, e.withdrawn_date, date '9999-12-31')                             as to_date
    from core.fct_enrolments as e
    inner join core.fct_course_competencies as t on e.course_id = t.course_id
    where e.person_id is not null and not e.is_exempt
),

pipeline as (
    select s.day, s.competency_id, count(distinct s.person_id) as pipeline_n
    from core.fct_gap_states as s
    inner join days as d on s.day = d.day
    inner join learning as l
        on s.person_id = l.person_id and s.competency_id = l.competency_id
        and l.from_date <= s.day and l.to_date > s.day and l.from_date > s.day - 365
    where coalesce(s.stated_share < s.required_share - 1e-9, true)
    group by s.day, s.competency_id
),

reached as (
    select
        d.day,
        c.competency_id,
        count(*)                                                      as below_n,
        count(*) filter (c.to_share >= c.required_share - 1e-9)       as reached_n
    from days as d
    inner join core.fct_gap_changes as c on c.to_date <= d.day
    where len(c.course_ids) > 0 and c.from_share < c.required_share - 1e-9
    group by d.day, c.competency_id
)

select
    d.month,
    c.day,
    c.competency_id,
    c.required_n,
    c.assessed_n,
    c.proficient_n,
    f.exits::bigint                    as exits,
    f.person_years,
    coalesce(p.pipeline_n, 0)          as pipeline_n,
    coalesce(r.below_n, 0)             as below_n,
    coalesce(r.reached_n, 0)           as reached_n,
    t.stayed_n
from counted as c
inner join days as d on c.day = d.day
left join flows as f on c.day = f.day and c.competency_id = f.competency_id
left join pipeline as p on c.day = p.day and c.competency_id = p.competency_id
left join reached as r on c.day = r.day and c.competency_id = r.competency_id
left join stayed as t on c.day = t.day and c.competency_id = t.competency_id
