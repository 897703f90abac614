-- Extract: payroll_per_fte. One row per unit of the tree, fiscal year and basis (earned or paid in it): gross and employer's on-costs ÷ average full-time equivalents.
-- class: pay
-- topic: workforce
-- scope: grants
-- people: people_n
-- rounded: amount_per_fte
-- yearly: month
select ancestor_id as unit_id, month, split_part(measure, '||', 2) as basis, ratio as amount_per_fte, currency, people_n, is_hidden
from marts.pay_tree
where view_name = $scope_view and ancestor_id <> '(company)' and measure like 'payroll||%'
