-- Page: /objectives. One row per number of days that impediments waited for an answer: with help asked for or not, answered or
-- not yet, how many of them are open, and open for more than 14 days.
-- topic: strategy
-- class: none
-- people: none
select days_to_answer, is_help_requested, is_answered, count(*) as n, count(*) filter (is_open) as open_n, count(*) filter (is_old) as old_n
from marts.impediments
where ($scope_unit = '*' or unit_id in (select unit_id from scoped_units))
group by days_to_answer, is_help_requested, is_answered
order by days_to_answer, is_help_requested, is_answered
