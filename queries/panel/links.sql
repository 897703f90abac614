-- One row per tactic aimed at a dial, with what is registered of both.
select
  l.tactic_link_id, l.tactic_id, l.metric_id,
  t.name as tactic_name, t.tactic_type, d.name as dial_name,
  l.has_goal, l.has_metric and d.metric_id is not null as has_metric, l.has_baseline, l.has_target, l.has_owner,
  l.mechanism is not null as has_mechanism, l.expected_lag_months is not null as has_lag,
  l.is_approved, l.is_registered_before_launch, l.baseline, l.target, l.expected_lag_months as lag_months, l.design_override,
  t.launch_date, t.launched_month, t.ended_date, t.wave_months,
  coalesce(v.completed_people, 0) as completed_people, coalesce(v.paid_people, 0) as paid_people, coalesce(v.changed_units, 0) as changed_units,
  coalesce(d.direction, 'up') as direction, coalesce(d.unit_aggregation, 'mean') as unit_aggregation,
  coalesce(d.time_aggregation, 'mean') as time_aggregation, d.computed_from,
  d.currency, d.money_per_unit::double as money_per_unit, d.margin, d.unit_of_measure, d.last_complete_month
from marts.tactic_links as l
join marts.tactics as t using (tactic_id)
left join marts.panel_delivery as v using (tactic_id)
left join marts.dials as d on d.metric_id = l.metric_id
order by l.tactic_link_id
