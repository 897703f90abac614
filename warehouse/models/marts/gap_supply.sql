-- Grain: one competency and reference month, of the whole company: what a projection from that month
-- needs. People required as marts.gaps tells them. Small counts are told as none: fewer than five in the pipeline or leaving are 0.
select
    p.month,
    p.competency_id,
    r.required_n,
    p.assessed_n,
    p.proficient_n,
    case when p.exits >= s.min_people then p.exits else 0 end                    as exits,
    round(p.person_years, 1)                                                     as person_years,
    case when p.pipeline_n >= s.min_people then p.pipeline_n else 0 end          as pipeline_n,
    case when p.below_n >= s.min_people then p.below_n else 0 end                as below_n,
    case when p.below_n >= s.min_people and p.reached_n >= s.min_people then p.reached_n else 0 end as reached_n,
    case when p.stayed_n >= s.min_people then p.stayed_n end                     as stayed_n,
    case when t.is_latest then d.demand_6 end                                    as demand_6,
    case when t.is_latest then d.demand_12 end                                   as demand_12,
    case when t.is_latest then d.demand_24 end                                   as demand_24,
    coalesce(t.is_latest and d.is_planned, false)                                as is_planned,
    r.required_n                                                                 as people_n,
    coalesce(c.is_hidden or g.is_hidden or g.is_range, true)                     as is_hidden
from core.fct_gap_supply as p
cross join core.dim_settings as s
inner join core.fct_gap_dates as t on p.day = t.day
left join core.fct_competency_demand as d on p.competency_id = d.competency_id
left join core.fct_cell_privacy as c
    on c.table_name = 'gap_required' and c.measure = p.competency_id and not c.is_own and c.node_id = '*' and c.month = p.month and c.attribute = ''
left join core.fct_cell_privacy as g
    on g.table_name = 'gaps' and g.measure = 'stated|' || p.competency_id and not g.is_own and g.node_id = '*' and g.month = p.month and g.attribute = ''
left join marts.gaps as r
    on r.ancestor_id = '*' and r.rule = 'stated' and r.job_title_id = '' and p.month = r.month and p.competency_id = r.competency_id
order by p.month, p.competency_id
