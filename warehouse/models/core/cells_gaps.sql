-- Grain: one leaf cell of those who were assessed in a competency, by rule: what was found of
-- them. That all or hardly any are at the level is sensitive. Of one competency a pair is
-- a person; over all of them pairs are no count of people.
select
    'gaps'                                                as table_name,
    rule || '|' || competency_id                          as measure,
    month,
    unit_id,
    case when job_title_id = '' then '' else 'title' end  as attribute,
    job_title_id                                          as attribute_value,
    assessed_people                                       as people,
    case when competency_id <> '' then proficient_pairs end as numerator,
    largest_gap::double                                   as largest,
    gap::double                                           as total,
    'people'                                              as floor
from core.fct_gap_cells
where assessed_people > 0
