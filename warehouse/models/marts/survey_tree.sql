-- Grain: one node of the unit tree ('*' is the company) and item of one survey wave: the mean
-- of all answers, how many were asked and answered.
with items as (
    select distinct survey_id, wave, item, step, goal_id, survey_id || '|' || wave || '|' || item || '|' || goal_id as measure
    from core.fct_survey_units
),

scope as (
    select ancestor_id, unit_id, valid_from, valid_to
    from core.dim_unit_closure
    where view_name = 'as_was'

    union all

    select '*', unit_id, date '1900-01-01', date '9999-12-31'
    from (select distinct unit_id from core.fct_survey_units)
),

summed as (
    select
        s.ancestor_id,
        u.month,
        u.survey_id,
        u.wave,
        u.item,
        u.goal_id,
        sum(u.mean_value * u.answered) / sum(u.answered)               as mean_value,
        sum(u.answered)                                                as answered,
        case when count(u.asked) = count(*) then sum(u.asked) end      as asked
    from core.fct_survey_units as u
    inner join scope as s on u.unit_id = s.unit_id and u.month >= s.valid_from and u.month < s.valid_to
    group by s.ancestor_id, u.month, u.survey_id, u.wave, u.item, u.goal_id
)

select
    'as_was'                                                    as view_name,
    p.node_id                                                   as ancestor_id,
    p.month,
    i.survey_id,
    i.wave,
    i.item,
    i.step,
    i.goal_id,
    g.name                                                      as goal_name,
    case when not p.is_hidden then t.mean_value end             as mean_value,
    case when not p.is_hidden then t.answered::bigint end       as answered,
    case when not p.is_hidden then t.asked::bigint end          as asked,
    p.people                                                    as people_n,
    p.is_hidden
from core.fct_cell_privacy as p
inner join items as i on p.measure = i.measure
left join summed as t
    on i.survey_id = t.survey_id and i.wave = t.wave and i.item = t.item and i.goal_id = t.goal_id and p.month = t.month and p.node_id = t.ancestor_id
left join core.fct_goals as g on i.goal_id = g.goal_id and not g.is_personal
where p.table_name = 'survey' and not p.is_own and p.attribute = ''
