-- Grain: one critical title: whether two people or more of other titles are ready now, which is to be
-- at every level that it requires. It can be told where enough people were assessed in all
-- of these; how many are ready is not.
select
    r.job_title_id,
    r.name                                                          as job_title_name,
    r.competencies,
    case when r.assessed_people >= s.min_people then r.assessed_people end as assessed_people,
    r.competencies > 0 and r.assessed_people >= s.min_people        as can_tell,
    case when r.competencies > 0 and r.assessed_people >= s.min_people then r.ready_people >= 2 end as is_covered,
    case when r.assessed_people >= s.min_people then r.assessed_people end as people_n,
    false                                                           as is_hidden
from core.fct_ready_titles as r
cross join core.dim_settings as s
order by r.job_title_id
