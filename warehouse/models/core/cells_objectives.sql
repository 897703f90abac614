-- Grain: one unit and measure: people who have an objective of their own on the last day of
-- the data. Measure '' is all of them, with those who have a line of sight as numerator; the
-- others are by the objective right above theirs.
select
    'objectives'                                        as table_name,
    ''                                                  as measure,
    month,
    unit_id,
    ''                                                  as attribute,
    ''                                                  as attribute_value,
    count(distinct person_id)                           as people,
    count(distinct person_id) filter (has_sight)        as numerator,
    null::double                                        as largest,
    null::double                                        as total,
    'people'                                            as floor
from core.fct_goal_people
group by month, unit_id

union all

select 'objectives', parent_id, month, unit_id, '', '', count(distinct person_id), null, null, null, 'people'
from core.fct_goal_people
where parent_id is not null
group by parent_id, month, unit_id
