-- Grain: one title at the horizon, of the whole company: employees, those who left in the 12 months
-- before (fewer than five are told as 0) and the heads planned ahead.
select
    d.job_title_id,
    coalesce(n.name, d.job_title_id)                                            as job_title_name,
    d.heads,
    case when d.exits >= s.min_people then d.exits else 0 end                   as exits,
    round(d.person_years, 1)                                                    as person_years,
    d.planned_6,
    d.planned_12,
    d.planned_24,
    d.has_plan_12,
    d.has_plan_24,
    d.heads                                                                     as people_n,
    coalesce(c.is_hidden, d.heads > 0)                                          as is_hidden
from core.fct_title_demand as d
cross join core.dim_settings as s
left join core.fct_gap_dates as t on t.is_latest
left join (
    select job_title_id, any_value(name order by valid_from desc nulls last) as name
    from core.dim_job_titles
    group by job_title_id
) as n on d.job_title_id = n.job_title_id
left join core.fct_cell_privacy as c
    on c.table_name = 'gap_mapped' and c.measure = '' and not c.is_own and c.node_id = '*' and c.month = t.month
    and c.attribute = 'title' and c.attribute_value = d.job_title_id
order by d.job_title_id
