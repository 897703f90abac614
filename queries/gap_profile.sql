-- Page: /gaps. One row per requirement of one title that is in force, the most critical first.
-- topic: competency
-- class: none
-- people: none
select competency_id, competency_name, framework_name, holds_for, level, required_share, weight, scale_name, low_value, high_value,
  label, anchor, goal_id, goal_name, valid_from, valid_to, source
from marts.requirements
where is_current and job_title_id = $title
order by weight desc, required_share desc nulls last, competency_id, holds_for
