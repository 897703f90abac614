-- Grain: one spelling of a job title that current jobs use or that was mapped: the canonical title behind it and whether
-- somebody approved that (who it was is in marts.title_approvals). Nothing is said of how many people spell it so.
with used as (
    select
        j.raw_title,
        bool_or(j.valid_from <= h.as_of_date and j.valid_to > h.as_of_date) as is_used,
        arg_max(j.job_title_id, j.valid_from)                               as job_title_id
    from core.fct_jobs as j
    cross join core.dim_horizon as h
    where j.raw_title is not null and j.is_employee
    group by j.raw_title
)

select
    coalesce(u.raw_title, m.raw_title)                    as raw_title,
    coalesce(m.job_title_id, u.job_title_id)              as job_title_id,
    coalesce(t.name, m.job_title_id, u.job_title_id)      as title_name,
    t.family,
    coalesce(m.approver_id, '') <> ''                     as is_approved,
    m.valid_from                                          as mapped_date,
    case when m.raw_title is not null then 'mapped' when u.job_title_id is not null then 'stated by the source' else 'not mapped' end as basis,
    coalesce(u.is_used, false)                            as is_used
from used as u
full outer join core.fct_title_maps as m on u.raw_title = m.raw_title
left join core.dim_title_names as t on coalesce(m.job_title_id, u.job_title_id) = t.job_title_id
order by 1
