-- Extract: requirements. One row per job title and competency that is or was required of it.
-- class: none
-- topic: competency
-- people: none
select r.job_title_id, r.job_title_name, r.family, r.is_critical, r.competency_id, r.competency_name, r.framework_id, r.framework_name, r.holds_for, r.level,
  r.required_share, r.weight, r.scale_id, r.label, r.goal_id, r.goal_name, r.valid_from, r.valid_to, r.is_current
from marts.requirements r
order by r.job_title_id, r.competency_id, r.valid_from, r.goal_id
