-- Grain: one unit: its employees on the last day of the data, and as numerator those of them
-- whose unit has no objective that is current.
select
    'uncovered'                                         as table_name,
    ''                                                  as measure,
    month,
    unit_id,
    ''                                                  as attribute,
    ''                                                  as attribute_value,
    people,
    case when has_objective then 0 else people end      as numerator,
    null::double                                        as largest,
    null::double                                        as total,
    'people'                                            as floor
from core.fct_unit_objectives
