-- Grain: one leaf cell of those whose gaps changed for one reason.
select
    'gap_steps'             as table_name,
    goal_id || '|' || step  as measure,
    month,
    unit_id,
    ''                      as attribute,
    ''                      as attribute_value,
    people,
    null::bigint            as numerator,
    largest,
    total,
    'people'                as floor
from core.fct_gap_step_cells
