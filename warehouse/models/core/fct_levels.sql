-- Grain: one person and competency with findings of the 365 days up to one of the days of
-- core.fct_gap_dates: the level by each rule, NULL where the rule finds none. The stated
-- rule is the latest manager's rating, else the mean of three peers or more, of each
-- peer the latest; one's own rating closes no gap.
with seen as (
    select
        d.day,
        r.person_id,
        r.competency_id,
        r.rater_type,
        r.rater_id,
        r.share,
        r.assessed_date,
        row_number() over (
            partition by d.day, r.person_id, r.competency_id, r.rater_type, case when r.rater_type = 'peer' then r.rater_id end
            order by r.assessed_date desc, r.assessment_id desc
        ) = 1 as is_latest
    from core.fct_gap_dates as d
    inner join core.fct_ratings as r on r.assessed_date <= d.day and r.assessed_date > d.day - 365
    where r.rater_type in ('manager', 'peer', 'self')
),

found as (
    select
        day,
        person_id,
        competency_id,
        max(share) filter (rater_type = 'manager')                                              as manager_share,
        case when count(distinct rater_id) filter (rater_type = 'peer') >= 3 then avg(share) filter (rater_type = 'peer') end as peers_share,
        max(share) filter (rater_type = 'self')                                                 as self_share
    from seen
    where is_latest
    group by day, person_id, competency_id
)

select
    day,
    person_id,
    competency_id,
    manager_share,
    peers_share,
    self_share,
    coalesce(manager_share, peers_share)                                                             as stated_share,
    case when manager_share is not null then 'manager' when peers_share is not null then 'peers' end as basis
from found
