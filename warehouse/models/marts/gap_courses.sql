-- Grain: one course and competency, of the whole company: what completing the course did to the
-- manager's rating, against people not yet trained, as the refresh estimated it. Hidden where fewer
-- people than the floor are on either side.
with counted as (
    select
        course_id,
        competency_id,
        count(distinct person_id) filter (is_trained)     as trained_people,
        count(distinct person_id) filter (not is_trained) as compared_people
    from core.fct_course_changes
    group by course_id, competency_id
    having count(*) filter (is_trained) > 0
)

select
    k.competency_id,
    k.course_id,
    coalesce(c.name, k.course_id)                                           as course_name,
    case when k.trained_people >= s.min_people then k.trained_people end    as trained_people,
    case when k.compared_people >= s.min_people then k.compared_people end  as compared_people,
    e.treated_n                                                             as trained_n,
    e.compared_n,
    e.strata,
    round(e.treated_change, 4)                                              as trained_change,
    round(e.compared_change, 4)                                             as compared_change,
    e.design,
    round(e.effect, 4)                                                      as effect,
    round(e.std_error, 4)                                                   as std_error,
    e.df,
    round(e.low, 4)                                                         as low,
    round(e.high, 4)                                                        as high,
    round(e.adjusted_p, 4)                                                  as adjusted_p,
    round(e.mde, 4)                                                         as mde,
    k.trained_people                                                        as people_n,
    k.trained_people < s.min_people                                         as is_hidden
from counted as k
cross join core.dim_settings as s
left join core.group_effects as e
    on case when k.trained_people >= s.min_people and k.compared_people >= s.min_people then k.course_id end = e.subject_id
    and k.competency_id = e.measure and e.kind = 'course' and e.treated_n >= s.min_people and e.compared_n >= s.min_people
left join core.dim_courses as c on k.course_id = c.course_id
order by k.competency_id, k.course_id
