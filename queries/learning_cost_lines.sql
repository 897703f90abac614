-- Page: /investment. One row per cost line of the window, those for persons put together by course, type and month; the dearest first.
-- topic: investment
-- class: pay
-- scope: company
-- people: people_n
select cost_id, cost_date, cost_type, course_id, course_name, tactic_id, tactic_name, for_unit, for_unit_name, amount, stated_amount,
  stated_currency, cost_currency, missing_rate_lines, is_aligned, people_n, is_hidden
from marts.learning_cost_lines
where cost_date >= $from and cost_date < $to
order by amount desc nulls last, cost_id, cost_date, cost_type
