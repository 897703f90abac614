-- Grain: one unit, level of the cascade and quarter: people who were to report.
select
    'checkins'                                          as table_name,
    level                                               as measure,
    month,
    unit_id,
    ''                                                  as attribute,
    ''                                                  as attribute_value,
    count(distinct person_id)                           as people,
    null::bigint                                        as numerator,
    null::double                                        as largest,
    null::double                                        as total,
    'people'                                            as floor
from core.fct_checkins
group by level, month, unit_id
