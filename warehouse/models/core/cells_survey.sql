-- Grain: one unit and item of one survey wave: people who answered.
select
    'survey'                                            as table_name,
    survey_id || '|' || wave || '|' || item || '|' || goal_id as measure,
    month,
    unit_id,
    ''                                                  as attribute,
    ''                                                  as attribute_value,
    answered::bigint                                    as people,
    null::bigint                                        as numerator,
    null::double                                        as largest,
    null::double                                        as total,
    'people'                                            as floor
from core.fct_survey_units
