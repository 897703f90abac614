-- Page: /workforce. One row per job title at the latest yearly day, and of all titles at each: compa-ratio and spread of
-- full-time base pay for the unit asked for, rounded to 1 %, people rounded to 5.
-- topic: pay
-- class: pay
-- people: people_n
-- quantile: p25, p50, p75, pay_low, pay_median, pay_high
-- rounded: compa_ratio, p25, p50, p75, pay_low, pay_median, pay_high
-- yearly: month
select month, attribute, attribute_value, coalesce(attribute_name, attribute_value) as name, people_n, ratio as compa_ratio, p25, p50, p75,
  pay_low, pay_median, pay_high, currency, is_hidden
from marts.pay_tree
where view_name = $scope_view and ancestor_id = $scope_unit and measure = 'compa'
order by attribute, name, month
