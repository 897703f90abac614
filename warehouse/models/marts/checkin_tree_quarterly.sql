-- Grain: one node of the unit tree ('*' is the company), quarter and level of the cascade:
-- status meetings held ÷ expected, their agenda and length, where enough people were to report.
with scope as (
    select ancestor_id, unit_id, valid_from, valid_to
    from core.dim_unit_closure
    where view_name = 'as_was'

    union all

    select '*', unit_id, date '1900-01-01', date '9999-12-31'
    from (select distinct unit_id from core.fct_checkins)
),

summed as (
    select
        s.ancestor_id,
        c.month,
        c.level,
        count(*)                                                                            as expected,
        count(c.held_date)                                                                  as held,
        count(*) filter (c.held_date is not null and c.items_set > 0)                       as with_agenda,
        count(*) filter (c.held_date is not null and c.items_set > 0 and c.items_covered >= c.items_set) as complete,
        sum(c.items_set) filter (c.held_date is not null)                                   as items_set,
        sum(c.items_covered) filter (c.held_date is not null)                               as items_covered,
        sum(c.minutes) filter (c.held_date is not null)                                     as minutes,
        count(c.minutes) filter (c.held_date is not null)                                   as timed
    from core.fct_checkins as c
    inner join scope as s on c.unit_id = s.unit_id and c.month >= s.valid_from and c.month < s.valid_to
    group by s.ancestor_id, c.month, c.level
)

select
    'as_was'                                                    as view_name,
    p.node_id                                                   as ancestor_id,
    p.month,
    p.measure                                                   as level,
    list_position(['strategic', 'supporting', 'department', 'team', 'individual', 'task'], p.measure) as level_position,
    case when not p.is_hidden then t.expected end               as expected,
    case when not p.is_hidden then t.held end                   as held,
    case when not p.is_hidden then t.with_agenda end            as with_agenda,
    case when not p.is_hidden then t.complete end               as complete,
    case when not p.is_hidden then t.items_set::bigint end      as items_set,
    case when not p.is_hidden then t.items_covered::bigint end  as items_covered,
    case when not p.is_hidden then t.minutes::double end        as minutes,
    case when not p.is_hidden then t.timed end                  as timed,
    p.people                                                    as people_n,
    p.is_hidden
from core.fct_cell_privacy as p
left join summed as t on p.measure = t.level and p.month = t.month and p.node_id = t.ancestor_id
where p.table_name = 'checkins' and not p.is_own and p.attribute = ''
