-- Extract: rival_events. One row per other thing that could have moved a dial in a unit.
-- class: none
-- topic: impact
-- people: none
select r.rival_event_id, r.name, r.metric_id, r.unit_id, r.from_date, r.to_date, r.is_independent
from marts.rival_events r
where ($metric is null or r.metric_id = $metric)
  and (r.unit_id is null or exists (select 1 from scoped_units s where s.unit_id = r.unit_id))
order by r.rival_event_id, r.unit_id
