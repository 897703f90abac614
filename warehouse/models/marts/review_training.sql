-- Grain: one measure of reviews, of the whole company: what followed when managers were trained, against managers not trained,
-- as the refresh estimated it. Hidden where fewer managers than the floor are on either side.
with counted as (
    select
        measure,
        count(distinct reviewer_id) filter (is_trained)     as trained_people,
        count(distinct reviewer_id) filter (not is_trained) as compared_people
    from core.fct_reviewer_changes
    group by measure
)

select
    k.measure,
    k.trained_people                                                        as people_n,
    case when k.compared_people >= s.min_people then k.compared_people end  as compared_people,
    e.treated_n                                                             as trained_n,
    e.compared_n,
    e.strata,
    round(e.treated_change, 3)                                              as trained_change,
    round(e.compared_change, 3)                                             as compared_change,
    e.design,
    round(e.effect, 3)                                                      as effect,
    round(e.low, 3)                                                         as low,
    round(e.high, 3)                                                        as high,
    round(e.mde, 3)                                                         as mde,
    k.trained_people < s.min_people                                         as is_hidden
from counted as k
cross join core.dim_settings as s
left join core.group_effects as e
    on case when k.trained_people >= s.min_people and k.compared_people >= s.min_people then k.measure end = e.measure
    and e.kind = 'managers' and e.treated_n >= s.min_people and e.compared_n >= s.min_people
