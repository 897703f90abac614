-- Page: /tactics. One row per tactic: the need that it answers, and how it came about.
-- topic: portfolio
-- class: none
-- people: none
select tactic_id, need_id, need_title, need_opened_date, first_approved_date, days_to_first_tactic, is_solution_first,
  was_neutral, had_owner_access, is_shared, is_customer_feedback
from marts.portfolio_tactics
order by tactic_id
