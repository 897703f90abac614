-- Grain: one critical title: people in other titles, at the horizon, who were assessed in all that it
-- requires everywhere, and those of them who are at every level.
with horizon as (
    select day
    from core.fct_gap_dates
    where is_latest
),

critical as (
    select t.job_title_id, any_value(t.name order by t.valid_from desc nulls last) as name
    from core.dim_job_titles as t
    cross join horizon as h
    where t.is_critical and coalesce(t.valid_from <= h.day, true) and coalesce(t.valid_to > h.day, true)
    group by t.job_title_id
),

needed as (
    select r.job_title_id, r.competency_id, r.share, count(*) over (partition by r.job_title_id) as competencies
    from core.fct_requirement_spans as r
    cross join horizon as h
    where r.unit_id = '' and r.share is not null and h.day >= r.valid_from and h.day < r.valid_to
),

people as (
    select
        n.job_title_id,
        l.person_id,
        bool_and(l.stated_share >= n.share - 1e-9) as is_ready
    from needed as n
    inner join critical as c on n.job_title_id = c.job_title_id
    cross join horizon as h
    inner join core.fct_levels as l on h.day = l.day and n.competency_id = l.competency_id and l.stated_share is not null
    inner join core.fct_gap_people as p on h.day = p.day and l.person_id = p.person_id
    where p.job_title_id <> n.job_title_id
    group by n.job_title_id, l.person_id, n.competencies
    having count(*) = n.competencies
)

select
    c.job_title_id,
    c.name,
    coalesce(n.competencies, 0)                               as competencies,
    count(p.person_id)                                        as assessed_people,
    coalesce(count(p.person_id) filter (p.is_ready), 0)       as ready_people
from critical as c
left join (select distinct job_title_id, competencies from needed) as n on c.job_title_id = n.job_title_id
left join people as p on c.job_title_id = p.job_title_id
group by c.job_title_id, c.name, n.competencies
