-- Grain: one node of the unit tree ('*' is the company), one job title, location or employment type and one
-- reference month: employees on its last day. A cell that is_hidden is withheld, and has no number.
select
    'as_was'                                        as view_name,
    node_id                                         as ancestor_id,
    attribute,
    attribute_value,
    month,
    case when not is_hidden then people end         as heads,
    people                                          as people_n,
    is_hidden
from core.fct_cell_privacy
where table_name = 'headcount' and attribute <> '' and not is_own
-- the order of rows must say nothing
order by all
