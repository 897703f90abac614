-- Extract: gap_coverage. One row per unit with all below it and reference month.
-- class: aggregate
-- topic: competency
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.month, t.employees, t.mapped_employees, t.people_n, t.is_hidden
from marts.gap_mapped t
where t.view_name = $scope_view and ($from is null or t.month >= $from) and ($to is null or t.month < $to)
order by 1, 2
