-- Extract: headcount_attributes. One row per unit of the tree, job title, location or employment type and reference month.
-- class: aggregate
-- topic: workforce
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.attribute, t.attribute_value, t.month, t.heads, t.people_n, t.is_hidden
from marts.headcount_by_attribute t
where t.view_name = 'as_was' and ($from is null or t.month >= $from) and ($to is null or t.month < $to)
order by 1, 2, 3, 4
