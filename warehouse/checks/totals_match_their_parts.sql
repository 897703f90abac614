-- A total that is delivered beside its parts is their sum, within the tolerance.
-- severity: warning
with parts as (
    select t.metric_id, t.unit_id, t.month, t.value as total, sum(p.value) as parts
    from core.fct_metric_observations as t
    inner join core.dim_metrics as m on t.metric_id = m.metric_id and m.unit_aggregation = 'sum'
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was' and t.unit_id = c.ancestor_id and t.month >= c.valid_from and t.month < c.valid_to
    inner join core.fct_metric_observations as p on t.metric_id = p.metric_id and c.unit_id = p.unit_id and t.month = p.month and p.is_base
    where not t.is_base
    group by t.metric_id, t.unit_id, t.month, t.value
)

select format('dial {}: {} months of unit {} differ from the sum of its units, such as {}: {} and {}', p.metric_id, count(*), p.unit_id, strftime(min(p.month), '%Y-%m'), round(arg_min(p.total, p.month), 2), round(arg_min(p.parts, p.month), 2)) as message
from parts as p
cross join core.dim_settings as s
where abs(p.total - p.parts) > s.reconciliation_tolerance * greatest(abs(p.total), abs(p.parts))
group by p.metric_id, p.unit_id
