-- Grain: one dial of people, node of the unit tree ('*' is the company) and month, in one view:
-- rolled up already, with what may be said of it. A node that is_hidden is withheld; of one
-- that is_range only numerator_low to numerator_high is said.
-- hide: value, numerator where is_range
select
    p.view_name,
    p.node_id                      as ancestor_id,
    m.metric_id,
    p.month,
    p.leavers / nullif(p.heads, 0) as value,
    p.leavers                      as numerator,
    p.heads                        as denominator,
    p.people                       as people_n,
    d.is_complete,
    p.is_hidden,
    p.is_range,
    p.numerator_low,
    p.numerator_high
from core.fct_unit_privacy as p
inner join core.dim_metrics as m on m.computed_from = 'employment'
inner join (
    select month, bool_and(is_complete) as is_complete
    from core.fct_turnover_monthly
    group by month
) as d on p.month = d.month
where not p.is_own
