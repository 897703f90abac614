-- Page: /definitions. One row per dial with all that defines it, in order of name.
-- topic: definitions
-- class: none
-- people: none
select metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, base_grain, base_unit_type, owner_name,
  is_owner_in_ld, signed_off_at, currency, money_per_unit, margin, formula, sources, computed_from, has_people, first_month,
  last_complete_month, definition_version, recorded_at
from marts.dials
order by name, metric_id
