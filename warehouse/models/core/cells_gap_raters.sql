-- Grain: one leaf cell of employees whom two raters of a kind found something of, at the horizon.
select
    'gap_raters'                                                     as table_name,
    p.raters                                                         as measure,
    any_value(d.month)                                               as month,
    p.unit_id,
    case when grouping(p.job_title_id) = 0 then 'title' else '' end  as attribute,
    case when grouping(p.job_title_id) = 0 then p.job_title_id else '' end as attribute_value,
    count(distinct p.person_id)                                      as people,
    null::bigint                                                     as numerator,
    null::double                                                     as largest,
    null::double                                                     as total,
    'people'                                                         as floor
from core.fct_rater_pairs as p
cross join core.fct_gap_dates as d
where d.is_latest
group by grouping sets ((p.raters, p.unit_id), (p.raters, p.unit_id, p.job_title_id))
