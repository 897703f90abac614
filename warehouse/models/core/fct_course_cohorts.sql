-- Grain: one course and year of completion, the last 12 months (is_recent) or the 12 before: its versions and their assessments.
select
    l.course_id,
    l.completed_date > w.reference_date - 365                                           as is_recent,
    count(distinct l.course_version_id)                                                 as versions,
    min(l.course_version_id)                                                            as version_id,
    count(distinct v.assessment)                                                        as assessments,
    min(v.assessment)                                                                   as assessment
from core.fct_learning as l
inner join core.dim_learning_windows as w on w.window_id = 'now' and l.completed_date <= w.reference_date and l.completed_date > w.reference_date - 730
left join (select course_version_id, max(assessment) as assessment from staging.course_version group by course_version_id) as v on l.course_version_id = v.course_version_id
group by l.course_id, l.completed_date > w.reference_date - 365
