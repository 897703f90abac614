-- Page: /workforce. One row per fiscal year and basis (earned or paid in it) for the unit asked for: gross and employer's
-- on-costs ÷ average full-time equivalents, rounded to 1 %.
-- topic: workforce
-- class: pay
-- people: people_n
-- rounded: amount_per_fte
-- yearly: month
select month, split_part(measure, '||', 2) as basis, ratio as amount_per_fte, currency, people_n, is_hidden
from marts.pay_tree
where view_name = $scope_view and ancestor_id = $scope_unit and measure like 'payroll||%'
order by month, basis
