-- Grain: one tactic aimed at one metric. completeness counts goal, metric, baseline,
-- target with its date, and business owner. A stated time of registration counts
-- only from a trusted log; else it is the moment at which Dials first saw this
-- tactic aimed at this metric, however often the link was edited since, there or
-- here. A link entered in Dials has the server's clock.
with latest as (
    select
        l.tactic_link_id,
        l.tactic_id,
        l.goal_id,
        l.metric_id,
        nullif(trim(l.mechanism), '')         as mechanism,
        l.baseline,
        l.target,
        l.target_date,
        nullif(trim(l.business_owner_id), '') as business_owner_id,
        l.expected_lag_months,
        l.registered_at,
        l.approved_at,
        l.design_override,
        l.source,
        l.recorded_at
    from staging.tactic_link as l
    left join core.dim_sources as s on l.source = s.source
    qualify row_number() over (partition by l.tactic_link_id order by coalesce(s.position, 1000000), l.source) = 1
),

seen as (
    select l.tactic_link_id, min(v.recorded_at) as first_seen_at, arg_min(v.source, v.recorded_at) as first_source
    from latest as l
    inner join staging.tactic_link_versions as v
        on (l.source = v.source or l.source = 'dials')
        and l.tactic_link_id = v.tactic_link_id
        and l.tactic_id = v.tactic_id
        and l.metric_id is not distinct from v.metric_id
    group by l.tactic_link_id
),

-- what Dials corrects, its source still declares
stated as (
    select l.tactic_link_id, min(o.registered_at) as stated_at, arg_min(o.source, o.registered_at) as stated_source
    from latest as l
    inner join staging.tactic_link as o
        on (l.source = o.source or l.source = 'dials')
        and l.tactic_link_id = o.tactic_link_id
        and l.tactic_id = o.tactic_id
        and l.metric_id is not distinct from o.metric_id
    inner join core.dim_sources as s on o.source = s.source
    where s.is_trusted_log and o.registered_at is not null
    group by l.tactic_link_id
),

judged as (
    select
        l.tactic_link_id,
        l.tactic_id,
        l.goal_id,
        g.name                                                     as goal_name,
        l.metric_id,
        l.mechanism,
        l.baseline,
        l.target,
        l.target_date,
        l.expected_lag_months,
        l.design_override,
        l.source,
        g.goal_id is not null                                      as has_goal,
        m.metric_id is not null                                    as has_metric,
        l.baseline is not null                                     as has_baseline,
        l.target is not null and l.target_date is not null         as has_target,
        l.business_owner_id is not null                            as has_owner,
        -- a role may be named, a person's id may not
        case
            when l.business_owner_id = m.owner_id then m.owner_name
            when p.person_id is null then l.business_owner_id
        end                                                        as business_owner_name,
        case
            when l.source = 'dials' then least(coalesce(d.stated_at, f.first_seen_at), f.first_seen_at)
            else coalesce(d.stated_at, f.first_seen_at, l.recorded_at)
        end                                                        as registered_at,
        case
            when d.stated_at is null or l.source = 'dials' and f.first_seen_at < d.stated_at
                then case when f.first_source = 'dials' then 'entered in Dials' else 'when Dials first saw it' end
            when d.stated_source = 'dials' then 'entered in Dials'
            else 'stated in a trusted log'
        end                                                        as registered_basis,
        case
            when d.stated_at is null or l.source = 'dials' and f.first_seen_at < d.stated_at then f.first_source
            else d.stated_source
        end                                                        as registered_source,
        l.approved_at,
        l.approved_at is not null                                  as is_approved,
        t.launch_date,
        t.launched_month,
        t.wave_months
    from latest as l
    left join seen as f on l.tactic_link_id = f.tactic_link_id
    left join stated as d on l.tactic_link_id = d.tactic_link_id
    left join core.dim_goals as g on l.goal_id = g.goal_id
    left join core.dim_metrics as m on l.metric_id = m.metric_id
    left join core.dim_people as p on l.business_owner_id = p.person_id
    left join core.dim_tactics as t on l.tactic_id = t.tactic_id
)

select
    tactic_link_id,
    tactic_id,
    goal_id,
    goal_name,
    metric_id,
    mechanism,
    baseline,
    target,
    target_date,
    expected_lag_months,
    design_override,
    source,
    has_goal,
    has_metric,
    has_baseline,
    has_target,
    has_owner,
    has_goal::integer + has_metric::integer + has_baseline::integer + has_target::integer + has_owner::integer as completeness,
    business_owner_name,
    registered_at,
    registered_basis,
    registered_source,
    approved_at,
    is_approved,
    -- what has not started yet is registered before its start
    coalesce(registered_at < launch_date, true) as is_registered_before_launch,
    launch_date,
    launched_month,
    wave_months
from judged
