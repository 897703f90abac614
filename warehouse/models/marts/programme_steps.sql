-- Grain: one node of the unit tree ('*' is the company; units as they were), course and step of the chain: people, and how
-- many of them are there. assessed and applied (of those who completed), dose by hours against the course's own, rated before
-- and after. Ratings are means and sums of squares of shares of the scale: of the level before, and of the change.
with done as (
    select c.measure, c.month, s.node_id, sum(c.done)::bigint as done
    from core.fct_programme_cells as c
    inner join core.dim_cell_places as s on c.month = s.month and c.unit_id = s.unit_id
    where not s.is_own
    group by c.measure, c.month, s.node_id
),

rated as (
    select
        b.course_id || case when b.is_trained then '|rated' else '|rated-others' end   as measure,
        p.month,
        s.node_id,
        count(*)                                                                       as pairs,
        avg(b.before_level)                                                            as before_level,
        avg(b.after_level - b.before_level)                                            as change_level,
        var_samp(b.after_level - b.before_level)                                       as change_variance,
        stddev_samp(b.before_level)                                                    as before_deviation
    from core.fct_before_after as b
    inner join core.dim_learning_windows as w on w.window_id = 'now'
    inner join core.fct_learner_places as p on w.month = p.month and b.learner_id = p.learner_id
    inner join core.dim_cell_places as s on p.month = s.month and p.unit_id = s.unit_id
    where not s.is_own
    group by b.course_id, b.is_trained, p.month, s.node_id
),

-- doses add up to all who completed: all are told, or none
partly as (
    select distinct node_id, split_part(measure, '|', 1) as course_id
    from core.fct_cell_privacy
    where table_name = 'programmes' and not is_own and (is_hidden or is_range) and split_part(measure, '|', 2) like 'dose-%'
)

select
    v.view_name,
    p.node_id                                                                           as ancestor_id,
    split_part(p.measure, '|', 1)                                                       as course_id,
    split_part(p.measure, '|', 2)                                                       as step,
    case when not p.is_hidden then p.people end                                         as people_n,
    case when not p.is_hidden and not coalesce(p.is_range, false) then d.done end       as done,
    case when not p.is_hidden and p.is_range then p.numerator_low end                   as done_low,
    case when not p.is_hidden and p.is_range then p.numerator_high end                  as done_high,
    case when not p.is_hidden and p.people >= 20 then r.pairs end                       as pairs,
    case when not p.is_hidden and p.people >= 20 then r.before_level end                as before_level,
    case when not p.is_hidden and p.people >= 20 then r.change_level end                as change_level,
    case when not p.is_hidden and p.people >= 20 then r.change_variance end             as change_variance,
    case when not p.is_hidden and p.people >= 20 then r.before_deviation end            as before_deviation,
    p.is_hidden
from core.fct_cell_privacy as p
left join done as d on p.measure = d.measure and p.month = d.month and p.node_id = d.node_id
left join rated as r on p.measure = r.measure and p.month = r.month and p.node_id = r.node_id
left join partly as h on p.node_id = h.node_id and case when split_part(p.measure, '|', 2) like 'dose-%' then split_part(p.measure, '|', 1) end = h.course_id
cross join (values ('as_was'), ('as_now')) as v (view_name)
where h.course_id is null and p.table_name = 'programmes' and not p.is_own
