-- Extract: pay_ratios. One row per unit of the tree, job title ('' is all) and yearly day: compa-ratio and spread of full-time base pay, rounded to 1 %, people rounded to 5.
-- class: pay
-- topic: pay
-- scope: grants
-- people: people_n
-- quantile: p25, p50, p75, pay_low, pay_median, pay_high
-- rounded: compa_ratio, p25, p50, p75, pay_low, pay_median, pay_high
-- yearly: month
select ancestor_id as unit_id, month, attribute, attribute_value, attribute_name, people_n, ratio as compa_ratio, p25, p50, p75, pay_low, pay_median, pay_high,
  currency, is_hidden
from marts.pay_tree
where view_name = $scope_view and ancestor_id <> '(company)' and measure = 'compa'
