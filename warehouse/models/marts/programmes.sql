-- Grain: one course that somebody completed: what was answered about it (respondents of at least the floor), the tactic whose
-- delivery it is, a competency that it teaches and a title requires, and whether the last 12 months can be compared with the 12 before: one and the same version, and the same assessment.
with tactic as (
    select course_id, min(tactic_id) as tactic_id
    from core.dim_tactics
    where course_id is not null
    group by course_id
),

taught as (
    select c.course_id, min(c.competency_id) as competency_id
    from core.fct_course_competencies as c
    inner join core.fct_requirements as r on c.competency_id = r.competency_id
    group by c.course_id
)

select
    k.course_id,
    coalesce(c.name, k.course_id)                                                           as name,
    c.purpose,
    t.tactic_id,
    g.competency_id                                                                         as teaches,
    case when r.respondents >= s.min_people then r.respondents end                          as reaction_people,
    case when r.respondents >= s.min_people then r.mean_value end                           as reaction_mean,
    case when r.respondents >= s.min_people then r.most end                                 as reaction_most,
    case when a.respondents >= s.min_people then a.respondents end                          as application_people,
    case when a.respondents >= s.min_people and a.positive >= 5 and a.positive < a.respondents then a.positive end as application_positive,
    n.version_id                                                                            as recent_version,
    p.version_id                                                                            as earlier_version,
    case
        when n.course_id is null or p.course_id is null then null
        else n.versions = 1 and p.versions = 1 and n.version_id = p.version_id and n.version_id <> ''
            and coalesce(n.assessments = 1 and p.assessments = 1 and n.assessment = p.assessment, false)
    end                                                                                     as is_comparable,
    coalesce(n.assessments = 1 and p.assessments = 1 and n.assessment = p.assessment, false) as has_same_assessment,
    k.people                                                                                as people_n,
    k.people < s.min_people                                                                 as is_hidden
from (select course_id, count(*) as people from core.fct_applied group by course_id) as k
cross join core.dim_settings as s
left join core.dim_courses as c on k.course_id = c.course_id
left join core.fct_course_answers as r on k.course_id = r.course_id and r.step = 'reaction'
left join core.fct_course_answers as a on k.course_id = a.course_id and a.step = 'application'
left join core.fct_course_cohorts as n on k.course_id = n.course_id and n.is_recent
left join core.fct_course_cohorts as p on k.course_id = p.course_id and not p.is_recent
left join tactic as t on k.course_id = t.course_id
left join taught as g on k.course_id = g.course_id
