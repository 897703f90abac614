-- Observations of a ratio carry its numerator and a denominator above 0.
-- severity: warning
select format('dial {}: {} months of units have no usable denominator', o.metric_id, count(*)) as message
from core.fct_metric_observations as o
inner join core.dim_metrics as m on o.metric_id = m.metric_id and m.unit_aggregation = 'ratio'
where o.numerator is null or coalesce(o.denominator, 0) <= 0
group by o.metric_id
