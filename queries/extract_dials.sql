-- Extract: dials. One row per dial.
-- class: none
-- topic: definitions
-- people: none
select metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, base_grain, base_unit_type, owner_name,
  signed_off_at, currency, money_per_unit::decimal(18, 4) as money_per_unit, margin::double as margin, formula, sources,
  first_month, last_complete_month, definition_version::integer as definition_version
from marts.dials
order by metric_id
