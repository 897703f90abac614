-- Extract: gap_snapshots. One row per snapshot, unit with all below it, job title and competency.
-- class: aggregate
-- topic: competency
-- scope: grants
-- people: people_n
select t.snapshot, t.ancestor_id as unit_id, t.job_title_id, t.competency_id, t.required_n, t.assessed_n, t.pairs, t.assessed_pairs,
  t.gap_index, t.is_index_low,
  t.proficient_low, t.proficient_high, t.people_n, t.is_hidden
from marts.gap_snapshot_cells t
where t.view_name = $scope_view
order by 1, 2, 3, 4
