-- Grain: one leaf cell of those of whom a competency is required: how many they are, and
-- how many have been assessed, which says nothing of what was found.
select
    'gap_required'                                        as table_name,
    competency_id                                         as measure,
    month,
    unit_id,
    case when job_title_id = '' then '' else 'title' end  as attribute,
    job_title_id                                          as attribute_value,
    people,
    null::bigint                                          as numerator,
    null::double                                          as largest,
    null::double                                          as total,
    'people'                                              as floor
from core.fct_gap_cells
where rule = 'stated'
