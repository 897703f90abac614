-- Page: /strategic-results. One row per other event that could have moved a dial in the units in scope.
-- topic: results
-- class: none
-- people: none
select rival_event_id, metric_id, any_value(e.name) as name, min(from_date) as from_date, max(to_date) as to_date,
  bool_or(to_date is null) as is_lasting, count(distinct unit_id) as units
from marts.rival_events e semi join scoped_units s on s.unit_id = e.unit_id
group by rival_event_id, metric_id
order by from_date, rival_event_id
