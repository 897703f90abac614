-- Extract: gap_raters. One row per unit with all below it, job title and kind of two raters.
-- class: aggregate
-- topic: competency
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.job_title_id, t.raters, t.pairs, t.has_few_raters, t.raters_n, t.mean_difference, t.sd_difference,
  t.exact_share, t.within_one_share,
  t.kappa, t.people_n, t.is_hidden
from marts.gap_raters t
where t.view_name = $scope_view
order by 1, 2, 3
