-- Extract: gaps. One row per unit of the tree, reference month, rule of rating, job title and competency ('' is all): how far people are from what is required.
-- class: aggregate
-- topic: competency
-- scope: grants
-- people: people_n
-- windows: marts.gaps
select t.ancestor_id as unit_id, t.month, t.rule, t.job_title_id, t.competency_id, t.required_n, t.pairs, t.assessed_n, t.assessed_pairs, t.gap_index,
  t.is_index_low, t.surplus_index, t.proficient_low, t.proficient_high, t.level_share, t.required_share, t.people_n, t.is_hidden
from marts.gaps t
where t.rowid >= $row_from and t.rowid < $row_to and t.view_name = $scope_view and ($from is null or t.month >= $from) and ($to is null or t.month < $to)
