-- Page: /register. One row per thing that an entry may refer to; objectives are those
-- of the units that were granted, and of the company.
-- class: none
-- people: none
-- topic: portfolio
select kind, choice_id, label
from marts.register_choices
where $scope_unit = '*' or of_unit is null or of_unit in (select unit_id from granted_units)
order by kind, label, choice_id
