-- Grain: one course and competency: how much more the level of those who completed the course rose
-- between two manager's ratings than that of people not yet trained, who began at the same
-- level in the same quarter. Who completed two courses on it in between is left out. It is the regression of the change on the training with one
-- constant per level and quarter, written out: effect = Σ w·d ÷ Σ w, d the difference
-- in a stratum and w = n₁·n₀ ÷ (n₁ + n₀). Strata without both kinds say nothing.
with arms as (
    select
        t.course_id,
        c.competency_id,
        c.person_id,
        c.from_share,
        date_trunc('quarter', c.to_date) as quarter,
        c.to_share - c.from_share        as change,
        len(c.course_ids) > 0            as is_trained,
        case when len(c.course_ids) > 0 and c.from_share < c.required_share - 1e-9
            then (c.to_share >= c.required_share - 1e-9)::integer end as reached
    from core.fct_course_competencies as t
    inner join core.fct_gap_changes as c on t.competency_id = c.competency_id
    -- who completed several courses on it meanwhile says nothing of each
    where c.course_ids = [t.course_id] or c.is_untrained
),

strata as (
    select
        course_id,
        competency_id,
        quarter,
        from_share,
        count(*) filter (is_trained)                as trained,
        count(*) filter (not is_trained)            as compared,
        avg(change) filter (is_trained)             as trained_change,
        avg(change) filter (not is_trained)         as compared_change,
        var_pop(change) * count(*)                  as squares
    from arms
    group by course_id, competency_id, quarter, from_share
    having count(*) filter (is_trained) > 0 and count(*) filter (not is_trained) > 0
),

summed as (
    select
        course_id,
        competency_id,
        sum(trained)::bigint                                                                   as trained_n,
        sum(compared)::bigint                                                                  as compared_n,
        count(*)                                                                               as strata,
        sum(trained * compared / (trained + compared)::double)                                 as weights,
        sum(trained * compared / (trained + compared)::double * (trained_change - compared_change)) as weighted,
        sum(squares)                                                                           as squares,
        sum(trained * trained_change) / sum(trained)                                           as trained_change,
        sum(trained * compared_change) / sum(trained)                                          as compared_change
    from strata
    group by course_id, competency_id
),

people as (
    select
        a.course_id,
        a.competency_id,
        count(distinct a.person_id) filter (a.is_trained)     as trained_people,
        count(distinct a.person_id) filter (not a.is_trained) as compared_people,
        count(a.reached)                                      as below_n,
        coalesce(sum(a.reached), 0)::bigint                   as reached_n
    from arms as a
    group by a.course_id, a.competency_id
)

select
    p.course_id,
    p.competency_id,
    p.trained_people,
    p.compared_people,
    p.below_n,
    p.reached_n,
    s.trained_n,
    s.compared_n,
    s.strata,
    s.trained_change,
    s.compared_change,
    s.weighted / s.weights                                              as effect,
    s.trained_n + s.compared_n - s.strata - 1                           as df,
    case
        when s.trained_n + s.compared_n - s.strata - 1 > 0
            then sqrt(greatest(0, s.squares - s.weighted * s.weighted / s.weights) / (s.trained_n + s.compared_n - s.strata - 1) / s.weights)
    end                                                                 as std_error
from people as p
left join summed as s on p.course_id = s.course_id and p.competency_id = s.competency_id
where p.trained_people > 0
