-- Grain: one measure, month, unit and at most one attribute of the tables of the workforce, of pay and of reviews.
-- cell names the people behind it: measures of one cell are about the same people, and are hidden together.
select table_name, cell, measure, month, unit_id, attribute, attribute_value, people, numerator, amount, base, largest, total, floor
from core.fct_workforce_sums

union all

select table_name, cell, measure, month, unit_id, attribute, attribute_value, people, numerator, amount, base, null, null, 'people'
from core.fct_review_sums

union all

select table_name, cell, measure, month, unit_id, attribute, attribute_value, people, numerator, amount, base, largest, total, 'pay'
from core.fct_pay_sums

union all

-- of the whole company: a unit of its own, outside the tree
select 'known', difference || '||' || known_date, difference || '||' || known_date, month, '(company)', '', '', people, numerator, amount, heads, null, null, 'people'
from core.fct_known_sums
