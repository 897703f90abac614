-- Grain: one leaf cell of the chain of programmes, for what may be told of people.
select
    'programmes'::text as table_name,
    measure,
    month,
    unit_id,
    ''                 as attribute,
    ''                 as attribute_value,
    people,
    case when has_done and measure not like '%|assessed' then done end as numerator,
    null::double       as largest,
    null::double       as total,
    'people'           as floor
from core.fct_programme_cells
