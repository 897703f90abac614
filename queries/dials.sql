-- Page: /strategic-results. One row per dial, in order of name.
-- topic: definitions
-- class: none
-- people: none
select metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, owner_name, is_owner_in_ld,
  currency, sources, computed_from, has_people as is_of_persons, first_month, last_complete_month, definition_version
from marts.dials
order by name, metric_id
