-- Extract: cost_lines. One row per cost line; those for persons put together by course, type and month.
-- class: pay
-- topic: investment
-- scope: company
-- people: people_n
select cost_id, cost_date, cost_type, course_id, course_name, tactic_id, tactic_name, for_unit, for_unit_name, amount, stated_amount,
  stated_currency, cost_currency, missing_rate_lines, is_aligned, people_n, is_hidden
from marts.learning_cost_lines
where ($course is null or course_id = $course) and ($tactic is null or tactic_id = $tactic)
order by cost_id, cost_date, cost_type
