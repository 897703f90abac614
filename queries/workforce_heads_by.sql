-- Page: /workforce. One row per job title, place of work or type of contract of the unit asked for: employees at the
-- last day of the facts.
-- topic: workforce
-- class: aggregate
-- people: people_n
select attribute, attribute_value, heads, people_n, is_hidden
from marts.headcount_by_attribute
where view_name = $scope_view and ancestor_id = $scope_unit
  and month = (select max(month) from marts.headcount_by_attribute)
order by attribute, attribute_value
