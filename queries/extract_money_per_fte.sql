-- Extract: money_per_fte. One row per unit with all below it, dial and year of twelve months.
-- class: aggregate
-- topic: workforce
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.metric_id, t.name, t.currency, t.month, t.amount, t.fte, t.amount_per_fte, t.people_n, t.is_hidden
from marts.money_per_fte t
where t.view_name = $scope_view and ($metric is null or t.metric_id = $metric)
order by 1, 2, 5
