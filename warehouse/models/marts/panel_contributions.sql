-- Grain: one tactic and one dial: what participants and managers together think
-- that the tactic contributed, the lower of the two. It is an estimate, not a measurement.
with sides as (
    select tactic_id, metric_id, is_manager, avg(share) as share, count(*) as people
    from core.panel_contributions
    group by tactic_id, metric_id, is_manager
)

select
    d.tactic_id,
    d.metric_id,
    -- a side that nobody asked is silent
    case when count(*) = 2 then min(d.share) else 0 end           as contribution,
    min(d.people)                                                 as people_n,
    min(d.people) < max(s.min_people)                             as is_hidden
from sides as d
cross join core.dim_settings as s
group by d.tactic_id, d.metric_id
