-- Grain: one objective with how it goes: its last reading, what was expected of it by
-- then, and when it was done. A day of being done is the first on which a reading
-- reached the target, by a straight line from the reading before, or else the day on
-- which it was said to be done. expected_progress is the planned curve at the last
-- reading; behind is progress below it by more than 0.10.
-- is_stalled: open with a target, and no reading above all before it for more than two cadences.
with marked as (
    select
        goal_id,
        as_of_date,
        progress,
        owner_status,
        is_warned,
        max(progress) over earlier  as best_before,
        lag(progress) over readings as before,
        lag(as_of_date) over readings as before_date
    from core.fct_goal_progress
    where progress is not null
    window
        readings as (partition by goal_id order by as_of_date),
        earlier as (partition by goal_id order by as_of_date rows between unbounded preceding and 1 preceding)
),

read as (
    select
        goal_id,
        count(*)                                                                    as readings,
        max(as_of_date)                                                             as reading_date,
        arg_max(progress, as_of_date)                                               as progress,
        arg_max(owner_status, as_of_date)                                           as owner_status,
        max(as_of_date) filter (progress > coalesce(best_before, 0) + 1e-9)         as moved_date,
        min(as_of_date) filter (progress >= 1)                                      as reached_date,
        arg_min(before, as_of_date) filter (progress >= 1)                          as reached_before,
        arg_min(before_date, as_of_date) filter (progress >= 1)                     as reached_before_date,
        arg_min(progress, as_of_date) filter (progress >= 1)                        as reached_progress
    from marked
    group by goal_id
),

dated as (
    select
        g.goal_id,
        r.readings,
        r.reading_date,
        r.progress,
        r.owner_status,
        greatest(coalesce(r.moved_date, g.start_date), g.start_date) as moved_date,
        case
            when r.reached_date is not null then least(
                r.reached_date,
                coalesce(r.reached_before_date, g.start_date, r.reached_date)
                + ceil((r.reached_date - coalesce(r.reached_before_date, g.start_date, r.reached_date))
                * (1 - coalesce(r.reached_before, 0)) / nullif(r.reached_progress - coalesce(r.reached_before, 0), 0))::integer
            )
            else g.done_date
        end                                                          as finish_date,
        -- least and greatest pass over what is not known
        case when r.reading_date >= g.start_date and g.due_date > g.start_date then least((r.reading_date - g.start_date) / (g.due_date - g.start_date)::double, 1) when r.reading_date < g.start_date then 0 end as elapsed
    from core.fct_goals as g
    left join read as r on g.goal_id = r.goal_id
),

expected as (
    select
        d.goal_id,
        case g.curve
            when 's-curve' then d.elapsed * d.elapsed * (3 - 2 * d.elapsed)
            when 'front-loaded' then 1 - (1 - d.elapsed) * (1 - d.elapsed)
            when 'back-loaded' then d.elapsed * d.elapsed
            else d.elapsed
        end as expected_progress
    from dated as d
    inner join core.fct_goals as g on d.goal_id = g.goal_id
)

select
    g.goal_id,
    coalesce(d.readings, 0)  as readings,
    d.reading_date,
    d.progress,
    d.owner_status,
    d.finish_date,
    e.expected_progress,
    case
        when g.state <> 'open' and g.state <> 'overdue' then g.state
        when d.progress >= 1 then 'reached'
        when g.state = 'overdue' then 'overdue'
        when g.baseline is null or g.target is null or g.baseline = g.target then 'no baseline'
        when d.reading_date is null then 'not read'
        when d.progress < e.expected_progress - 0.10 then 'behind'
        else 'on track'
    end                      as computed_status,
    case when g.is_open and g.baseline <> g.target and coalesce(d.progress, 0) < 1 and g.cadence_days > 0 then g.as_of_date - d.moved_date end as days_still,
    coalesce(
        g.is_open and g.baseline <> g.target and coalesce(d.progress, 0) < 1 and g.cadence_days > 0 and g.as_of_date - d.moved_date > 2 * g.cadence_days, false
    )                        as is_stalled
from core.fct_goals as g
inner join dated as d on g.goal_id = d.goal_id
inner join expected as e on g.goal_id = e.goal_id
