-- Extract: headcount_tree. One row per unit of the tree and month: employees of it and of all below it.
-- class: aggregate
-- topic: workforce
-- scope: grants
-- people: people_n
-- windows: marts.headcount_tree_monthly
select t.ancestor_id as unit_id, t.month, t.heads, t.fte, t.people_n, t.is_hidden
from marts.headcount_tree_monthly t
where t.rowid >= $row_from and t.rowid < $row_to and t.view_name = $scope_view
  and ($from is null or t.month >= $from) and ($to is null or t.month < $to)
