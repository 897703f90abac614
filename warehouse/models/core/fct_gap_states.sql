-- Grain: one employee and competency that their title requires, on one of the days of
-- core.fct_gap_dates. Shares are of the scale; NULL is not assessed, never 0. A
-- requirement whose competency has no scale can be compared with nothing and is left out.
select
    p.day,
    p.person_id,
    p.unit_id,
    p.job_title_id,
    q.competency_id,
    q.share       as required_share,
    q.weight,
    q.goal_id,
    l.stated_share,
    l.manager_share,
    l.peers_share,
    l.self_share,
    l.basis
from core.fct_gap_people as p
inner join core.fct_required as q on p.day = q.day and p.unit_id = q.unit_id and p.job_title_id = q.job_title_id
left join core.fct_levels as l on p.day = l.day and p.person_id = l.person_id and q.competency_id = l.competency_id
where q.share is not null
