-- Page: /gaps/step. One row per person and competency whose gap changed in the steps asked for; open and close are the gaps at
-- the ends; the largest first.
-- topic: competency
-- class: person
-- people: none
select person_id, unit_id, competency_id, step, amount, open_gap, close_gap
from marts.gap_step_people semi join scoped_people using (person_id)
where goal_id = $goal and case $step when 'open' then open_gap <> 0 when 'close' then close_gap <> 0 else step in (select unnest(string_split($steps, chr(31)))) end
order by case $step when 'open' then -open_gap when 'close' then -close_gap else -abs(amount) end, person_id, competency_id, step
limit 500
