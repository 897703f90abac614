-- Grain: one course and competency, of the whole company: what completing the course did to the
-- manager's rating, against people not yet trained. Hidden where fewer people than the
-- floor are on either side.
select
    e.competency_id,
    e.course_id,
    coalesce(c.name, e.course_id)                                                   as course_name,
    case when e.trained_people >= s.min_people then e.trained_people end            as trained_people,
    case when e.compared_people >= s.min_people then e.compared_people end          as compared_people,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then e.trained_n end  as trained_n,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then e.compared_n end as compared_n,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then e.strata end     as strata,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then round(e.trained_change, 4) end  as trained_change,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then round(e.compared_change, 4) end as compared_change,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then round(e.effect, 4) end          as effect,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then round(e.std_error, 4) end       as std_error,
    case when e.trained_n >= s.min_people and e.compared_n >= s.min_people then e.df end         as df,
    e.trained_people                                                                as people_n,
    e.trained_people < s.min_people                                                 as is_hidden
from core.fct_course_effects as e
cross join core.dim_settings as s
left join core.dim_courses as c on e.course_id = c.course_id
order by e.competency_id, e.course_id
