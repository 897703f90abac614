-- Grain: one node of the unit tree and reference month: employees, and how many of them have a
-- title that requires something there, as marts.gaps tells it.
with mapped as (
    select ancestor_id, month, people_n, is_hidden
    from marts.gaps
    where rule = 'stated' and job_title_id = '' and competency_id = ''
)

select
    'as_was'                                                       as view_name,
    s.node_id                                                      as ancestor_id,
    c.month,
    case when not any_value(p.is_hidden) then sum(c.people)::bigint end as employees,
    case when not any_value(p.is_hidden) then case when any_value(m.month) is null then 0 when not any_value(m.is_hidden) then any_value(m.people_n) end end as mapped_employees,
    case when not any_value(p.is_hidden) then sum(c.people)::bigint end as people_n,
    coalesce(any_value(p.is_hidden), true)                         as is_hidden
from core.cells_gap_mapped as c
inner join core.dim_cell_places as s on c.month = s.month and c.unit_id = s.unit_id and not s.is_own
left join mapped as m on c.month = m.month and s.node_id = m.ancestor_id
left join core.fct_cell_privacy as p
    on p.table_name = 'gap_mapped' and p.measure = '' and not p.is_own and p.node_id = s.node_id and p.month = c.month and p.attribute = ''
where c.attribute = ''
group by s.node_id, c.month
order by s.node_id, c.month
