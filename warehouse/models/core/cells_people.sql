-- Grain: one leaf cell of the tables of the workforce, of pay and of reviews, as core.fct_cells wants it.
select
    table_name,
    cell as measure,
    month,
    unit_id,
    attribute,
    attribute_value,
    max(people)    as people,
    max(numerator) as numerator,
    max(largest)   as largest,
    max(total)     as total,
    any_value(floor) as floor
from core.fct_people_sums
where people > 0
group by table_name, cell, month, unit_id, attribute, attribute_value
