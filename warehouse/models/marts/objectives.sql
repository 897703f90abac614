-- Grain: one objective of a unit, strategic to team, with its progress, roll-up and forecast.
-- Those of single people and tasks are in here only as what may be told of them together.
select
    g.goal_id,
    coalesce(g.name, g.goal_id)                                 as name,
    u.goal_id                                                   as parent_id,
    g.level,
    g.level_position,
    g.unit_id,
    g.period,
    g.start_date,
    g.due_date,
    g.first_due_date,
    s.finish_date,
    g.abandoned_date,
    g.state,
    g.is_open,
    g.is_current,
    g.weight,
    g.cadence_days,
    g.curve,
    g.as_of_date,
    m.name                                                      as metric_name,
    g.owner_id is not null                                      as has_owner,
    g.metric_id is not null                                     as has_metric,
    g.baseline is not null                                      as has_baseline,
    g.target is not null                                        as has_target,
    g.due_date is not null                                      as has_due,
    (g.owner_id is not null)::integer + (g.metric_id is not null)::integer + (g.baseline is not null)::integer
    + (g.target is not null)::integer + (g.due_date is not null)::integer as smart,
    s.readings,
    s.reading_date,
    s.progress,
    s.expected_progress,
    s.owner_status,
    s.computed_status,
    s.days_still,
    s.is_stalled,
    r.children,
    r.late_children,
    r.rolled_children,
    r.rollup_progress,
    r.effective_progress,
    r.people_progress,
    r.is_people_told,
    p.has_sight,
    p.broken,
    f.finish_date                                               as forecast_date,
    f.low_date,
    f.high_date,
    f.theil_sen_date,
    f.on_time,
    f.spi,
    f.slip_days,
    coalesce(f.is_flagged, false)                               as is_flagged,
    f.reason
from core.fct_goals as g
inner join core.fct_goal_states as s on g.goal_id = s.goal_id
inner join core.fct_goal_paths as p on g.goal_id = p.goal_id
inner join core.fct_goal_rollups as r on g.goal_id = r.goal_id
left join core.fct_goals as u on g.parent_id = u.goal_id and not u.is_personal
left join core.dim_metrics as m on g.metric_id = m.metric_id
left join core.goal_forecasts as f on g.goal_id = f.goal_id
where not g.is_personal
