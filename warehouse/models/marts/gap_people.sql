-- Grain: one employee and competency that their title requires, at the horizon, with what each
-- kind of rater found, as shares of the scale.
select
    s.person_id,
    s.unit_id,
    s.job_title_id,
    s.competency_id,
    s.required_share,
    s.weight,
    s.stated_share,
    s.manager_share,
    s.peers_share,
    s.self_share,
    s.basis
from core.fct_gap_states as s
inner join core.fct_gap_dates as d on s.day = d.day
where d.is_latest
order by s.job_title_id, s.competency_id, s.person_id
