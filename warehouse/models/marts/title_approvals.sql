-- Grain: one spelling of a job title whose mapping somebody approved (person_id), for those who may see rows about people.
select
    m.approver_id                     as person_id,
    m.raw_title,
    coalesce(t.name, m.job_title_id)  as title_name,
    m.valid_from                      as mapped_date
from core.fct_title_maps as m
left join core.dim_title_names as t on m.job_title_id = t.job_title_id
where m.approver_id <> ''
order by 2
