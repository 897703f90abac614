-- Grain: one node of the unit tree ('*' is the company), window or quarter of assignment, step,
-- course ('' is all) and audience (attribute = '' is everybody): people and assignments, how many
-- of them are there, rolled up already and cut to what may be told. Both views of the tree hold the
-- units as they were. Of a numerator that is told as a range, the counts of assignments are withheld.
with nodes as (
    select
        c.measure,
        c.month,
        s.node_id,
        c.attribute,
        c.attribute_value,
        sum(c.numerator)::bigint    as numerator,
        sum(c.items)::bigint        as items,
        sum(c.items_done)::bigint   as items_done
    from core.fct_learning_cells as c
    inner join core.dim_cell_places as s on not s.is_own and c.month = s.month and c.unit_id = s.unit_id
    group by all
),

-- what is hidden of a course, whatever the step: most count the same assignments
courses as (
    select
        month,
        node_id,
        split_part(measure, '|', 1)        as window_id,
        split_part(measure, '|', 3)        as course_id,
        bool_or(is_hidden)                 as is_hidden,
        bool_or(coalesce(is_range, false)) as is_range
    from core.fct_cell_privacy
    where table_name = 'learning' and not is_own and attribute = '' and split_part(measure, '|', 3) <> '' and people > 0
    group by all
),

-- assignments add up over courses: those of all, and of all by title or place, are told only where no course is hidden
partly as (
    select month, node_id, window_id, bool_or(is_hidden) as is_hidden, bool_or(is_range) as is_done_hidden
    from courses
    group by month, node_id, window_id
)

select
    v.view_name,
    p.node_id                                                                          as ancestor_id,
    split_part(p.measure, '|', 1)                                                      as window_id,
    p.month,
    u.name                                                                             as node_name,
    case when p.node_id <> '*' then coalesce(u.parent_id, '*') end                     as parent_node,
    split_part(p.measure, '|', 2)                                                      as step,
    split_part(p.measure, '|', 3)                                                      as course_id,
    p.attribute,
    p.attribute_value,
    case when p.attribute = 'title' then coalesce(j.name, p.attribute_value) else p.attribute_value end as attribute_name,
    case when not p.is_hidden then p.people end                                        as people_n,
    case when not p.is_hidden and not coalesce(p.is_range, false) then n.numerator end                  as numerator,
    case when not p.is_hidden and p.is_range then p.numerator_low end                  as numerator_low,
    case when not p.is_hidden and p.is_range then p.numerator_high end                 as numerator_high,
    case when not p.is_hidden and not coalesce(h.is_hidden, false) then n.items end     as items,
    case
        when not p.is_hidden and not coalesce(p.is_range, false) and not coalesce(h.is_hidden, false) and not coalesce(h.is_done_hidden, false) then n.items_done
    end                                                                                as items_done,
    coalesce(p.is_range, false)                                                        as is_range,
    p.is_hidden
from core.fct_cell_privacy as p
left join nodes as n
    on p.measure = n.measure and p.month = n.month and p.node_id = n.node_id and p.attribute = n.attribute and p.attribute_value = n.attribute_value
left join (select job_title_id, arg_max(name, coalesce(valid_from, date '1900-01-01')) as name from core.dim_job_titles group by job_title_id) as j
    on case p.attribute when 'title' then p.attribute_value end = j.job_title_id
left join partly as h
    on
        p.month = h.month and p.node_id = h.node_id
        and case when split_part(p.measure, '|', 3) = '' then split_part(p.measure, '|', 1) end = h.window_id
left join core.dim_units as u on p.node_id = u.unit_id
cross join (values ('as_was'), ('as_now')) as v (view_name)
where p.table_name = 'learning' and not p.is_own and split_part(p.measure, '|', 2) <> 'result'
