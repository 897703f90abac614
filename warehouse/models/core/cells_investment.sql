-- Grain: one leaf cell of the tables of learning investment, for what may be told of people.
select
    'investment'::text   as table_name,
    measure,
    month,
    unit_id,
    attribute,
    attribute_value,
    people,
    numerator,
    largest,
    total,
    floor
from core.fct_investment_cells
