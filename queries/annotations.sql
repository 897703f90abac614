-- Page: every page with charts over time. One row per note and unit: of the units in scope, and of those above.
-- topic: frame
-- class: none
-- people: none
with recursive above as (
  select parent_id as unit_id, 1 as steps from marts.units where unit_id = $scope_unit
  union all
  select u.parent_id, a.steps + 1 from above a join marts.units u on u.unit_id = a.unit_id where a.steps < 50
)
select a.annotation_id, a.unit_id, u.name as unit_name, a.on_date, a.name
from marts.annotations a
left join marts.units u on u.unit_id = a.unit_id
where a.unit_id in (select unit_id from scoped_units) or a.unit_id in (select unit_id from above where unit_id is not null)
order by a.on_date, a.annotation_id, a.unit_id
