-- Extract: unallocated_costs. One row per month and type of cost.
-- class: pay
-- topic: investment
-- scope: company
-- people: people_n
select month, cost_type, amount, cost_currency, lines, missing_rate_lines, people_n, is_hidden
from marts.unallocated_costs
where ($from is null or month >= $from) and ($to is null or month < $to)
order by month, cost_type
