-- Grain: one leaf cell of employees on the reference days, whether or not their title requires anything.
select
    'gap_mapped'                                                     as table_name,
    ''                                                               as measure,
    d.month,
    p.unit_id,
    case when grouping(p.job_title_id) = 0 then 'title' else '' end  as attribute,
    case when grouping(p.job_title_id) = 0 then p.job_title_id else '' end as attribute_value,
    count(*)                                                         as people,
    null::bigint                                                     as numerator,
    null::double                                                     as largest,
    null::double                                                     as total,
    'people'                                                         as floor
from core.fct_gap_people as p
inner join core.fct_gap_dates as d on p.day = d.day
where d.is_reference
group by grouping sets ((d.month, p.unit_id), (d.month, p.unit_id, p.job_title_id))
having grouping(p.job_title_id) = 1 or bool_or(d.is_latest)
