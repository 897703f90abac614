-- Grain: two raters who found something of the same employee's required competency in the 365 days
-- up to the horizon, of each the latest: oneself and the manager, a peer and the manager,
-- two peers. points are those above the low end of the scale.
with seen as (
    select
        s.person_id,
        s.unit_id,
        s.job_title_id,
        s.competency_id,
        r.rater_type,
        r.rater_id,
        r.share,
        r.points
    from core.fct_gap_dates as d
    inner join core.fct_gap_states as s on d.day = s.day
    inner join core.fct_ratings as r
        on s.person_id = r.person_id and s.competency_id = r.competency_id and r.assessed_date <= d.day and r.assessed_date > d.day - 365
    where d.is_latest and r.rater_type in ('self', 'peer', 'manager')
    qualify row_number() over (
        partition by s.person_id, s.competency_id, r.rater_type, case when r.rater_type = 'peer' then r.rater_id end
        order by r.assessed_date desc, r.assessment_id desc
    ) = 1
)

select
    a.person_id,
    a.unit_id,
    a.job_title_id,
    a.competency_id,
    a.rater_type || '|' || b.rater_type as raters,
    b.rater_id,
    a.share  as first_share,
    b.share  as second_share,
    a.points as first_points,
    b.points as second_points
from seen as a
inner join seen as b on a.person_id = b.person_id and a.competency_id = b.competency_id
where
    (a.rater_type in ('self', 'peer') and b.rater_type = 'manager')
    or (a.rater_type = 'peer' and b.rater_type = 'peer' and a.rater_id < b.rater_id)
