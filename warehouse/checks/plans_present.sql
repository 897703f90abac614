-- Every dial has a plan for its last complete month.
-- severity: warning
select case
    when max(t.month) is null then format('dial {} has no plan', d.metric_id)
    else format('dial {} has no plan for {}: its plan ends with {}', d.metric_id, strftime(any_value(d.last_complete_month), '%Y-%m'), strftime(max(t.month), '%Y-%m'))
end as message
from marts.dials as d
left join core.fct_metric_targets as t on d.metric_id = t.metric_id
where d.last_complete_month is not null
group by d.metric_id
having not coalesce(bool_or(t.month = d.last_complete_month), false)
