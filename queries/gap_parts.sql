-- Page: /gaps/cell. One row per unit directly below the one asked for: one title and competency there, by the rule asked for.
-- topic: competency
-- class: aggregate
-- people: people_n
select g.ancestor_id as unit, u.name, g.required_n, g.assessed_n, g.assessed_pairs, g.gap_index, g.is_index_low, g.proficient_low, g.proficient_high,
  g.is_found_hidden, g.people_n, g.is_hidden
from marts.gaps as g
inner join marts.units as u on g.ancestor_id = u.unit_id
where g.view_name = $scope_view and g.rule = $rule and g.job_title_id = $title and g.competency_id = $competency
  and coalesce(u.parent_id, '*') = $scope_unit
  and g.month = (select max(month) from marts.gaps where view_name = $scope_view and ancestor_id = $scope_unit and rule = $rule and month <= $as_of::date)
order by u.name, g.ancestor_id
