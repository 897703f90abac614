-- Grain: one leaf cell of the tables of learning operations, for what may be told of people.
select
    'learning'::text       as table_name,
    measure,
    month,
    unit_id,
    attribute,
    attribute_value,
    people,
    -- how many completed is no secret of a group; who is late, left or lacks a proof is
    case when step not in ('started', 'completed', 'assessed') then numerator end as numerator,
    null::double           as largest,
    null::double           as total,
    -- who is on leave is absence
    case when step = 'overdue-on-leave' then 'pay' else 'people' end as floor
from core.fct_learning_cells

union all

select 'learning', measure, month, unit_id, '', '', people, numerator, null, null, 'people'
from core.fct_learning_results
