-- Grain: one course and step of the chain, of the company: people, and how many of them are there. completed (of those assessed
-- and of those applied), dose by hours against the course's own, rated before and after. Ratings are means and sums of squares
-- of shares of the scale: of the level before, and of the change.
with done as (
    select measure, month, sum(done)::bigint as done
    from core.fct_programme_cells
    group by measure, month
),

rated as (
    select
        course_id || case when is_trained then '|rated' else '|rated-others' end   as measure,
        count(*)                                                                   as pairs,
        avg(before_level)                                                          as before_level,
        avg(after_level - before_level)                                            as change_level,
        var_samp(after_level - before_level)                                       as change_variance,
        stddev_samp(before_level)                                                  as before_deviation
    from core.fct_before_after
    group by course_id, is_trained
),

-- doses add up to all who completed: all are told, or none
partly as (
    select distinct split_part(measure, '|', 1) as course_id
    from core.fct_cell_privacy
    where table_name = 'programmes' and node_id = '*' and not is_own and (is_hidden or is_range) and split_part(measure, '|', 2) like 'dose-%'
)

select
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
left join done as d on p.measure = d.measure and p.month = d.month
left join rated as r on p.measure = r.measure
left join partly as h on case when split_part(p.measure, '|', 2) like 'dose-%' then split_part(p.measure, '|', 1) end = h.course_id
where h.course_id is null and p.table_name = 'programmes' and p.node_id = '*' and not p.is_own
