-- Page: /workforce. One row per number of the workforce, month and band for the unit asked for, as the build added them
-- up and hid what must be hidden: amount ÷ base. Months in order.
-- topic: workforce
-- class: aggregate
-- people: people_n
-- quantile: p50
select measure, month, attribute_value as band, people_n, amount, base, p50, numerator_low, numerator_high, is_range, is_hidden
from marts.workforce_tree
where view_name = $scope_view and ancestor_id = $scope_unit and attribute in ('', 'band', 'type') and not contains(measure, '||')
order by measure, month, band
