-- Grain: one person and competency with findings of the 365 days up to one of the days of
-- core.fct_gap_dates: the level by each rule, NULL where the rule finds none. The stated
-- rule is the latest manager's rating, else the mean of three peers or more, of each
-- peer the latest; one's own rating closes no gap.
with ranked as (
    select
        person_id,
        competency_id,
        rater_type,
        case when rater_type = 'peer' then rater_id end             as peer_id,
        share,
        assessed_date,
        row_number() over (order by assessed_date, assessment_id)   as place
    from core.fct_ratings
    where rater_type in ('manager', 'peer', 'self')
),

latest as (
    select d.day, r.person_id, r.competency_id, r.rater_type, r.peer_id, arg_max(r.share, r.place) as share
    from core.fct_gap_dates as d
    inner join ranked as r on r.assessed_date <= d.day and r.assessed_date > d.day - 365
    group by d.day, r.person_id, r.competency_id, r.rater_type, r.peer_id
),

found as (
    select
        day,
        person_id,
        competency_id,
        max(share) filter (rater_type = 'manager')                                              as manager_share,
        case when count(peer_id) >= 3 then avg(share) filter (rater_type = 'peer') end as peers_share,
        max(share) filter (rater_type = 'self')                                                 as self_share
    from latest
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
