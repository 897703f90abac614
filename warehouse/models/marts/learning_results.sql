-- Grain: one node of the unit tree ('*' is the company) and course, or one version of it (version_id
-- is not empty): learners and attempts of all times, and how they ended. Where few learners passed,
-- or all, the counts are withheld.
with nodes as (
    select
        r.measure,
        r.month,
        s.node_id,
        sum(r.items)::bigint        as items,
        sum(r.items_done)::bigint   as items_done,
        sum(r.completed)::bigint    as completed,
        sum(r.withdrawn)::bigint    as withdrawn,
        sum(r.scores)::bigint       as scores,
        sum(r.score_sum)            as score_sum
    from core.fct_learning_results as r
    inner join core.dim_cell_places as s on not s.is_own and r.month = s.month and r.unit_id = s.unit_id
    group by all
),

-- versions add up to their course: all are told, or none
partly as (
    select distinct month, node_id, split_part(measure, '|', 3) as course_id
    from core.fct_cell_privacy
    where table_name = 'learning' and not is_own and (is_hidden or is_range) and split_part(measure, '|', 2) = 'result' and split_part(measure, '|', 4) <> ''
)

select
    v.view_name,
    p.node_id                                                                          as ancestor_id,
    p.month,
    split_part(p.measure, '|', 3)                                                      as course_id,
    coalesce(c.name, split_part(p.measure, '|', 3))                                    as course_name,
    split_part(p.measure, '|', 4)                                                      as version_id,
    case when not p.is_hidden then p.people end                                        as people_n,
    case when not p.is_hidden then n.items end                                         as attempts,
    case when not p.is_hidden and not coalesce(p.is_range, false) then n.items_done end                 as passed,
    case when not p.is_hidden and not coalesce(p.is_range, false) then n.completed end                  as completed,
    case when not p.is_hidden and not coalesce(p.is_range, false) then n.withdrawn end                  as withdrawn,
    case when not p.is_hidden and n.scores >= s.min_people then n.score_sum / n.scores end as mean_score,
    coalesce(p.is_range, false)                                                        as is_range,
    p.is_hidden
from core.fct_cell_privacy as p
left join nodes as n on p.measure = n.measure and p.month = n.month and p.node_id = n.node_id
cross join core.dim_settings as s
cross join (values ('as_was'), ('as_now')) as v (view_name)
left join core.dim_courses as c on split_part(p.measure, '|', 3) = c.course_id
left join partly as h on p.month = h.month and p.node_id = h.node_id and case when split_part(p.measure, '|', 4) <> '' then split_part(p.measure, '|', 3) end = h.course_id
where h.node_id is null and p.table_name = 'learning' and not p.is_own and p.attribute = '' and split_part(p.measure, '|', 2) = 'result'
