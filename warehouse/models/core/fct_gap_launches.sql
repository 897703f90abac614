-- Grain: one stretch over which gaps are explained: the year from the day on which an
-- objective's requirements took effect (its launch, for competencies), and, with an empty
-- goal, the year to the horizon. What is not over yet ends at the horizon.
with firsts as (
    select goal_id, min(valid_from) as launched_date
    from core.fct_requirement_spans
    where goal_id is not null
    group by goal_id
)

select
    f.goal_id,
    f.launched_date,
    f.launched_date - 1                                                as open_date,
    least((f.launched_date + interval 1 year)::date, h.as_of_date)     as close_date
from firsts as f
cross join core.dim_horizon as h
where f.launched_date <= h.as_of_date and f.launched_date > date '1900-01-01'

union all

select
    '',
    null,
    (h.as_of_date - interval 1 year)::date,
    h.as_of_date
from core.dim_horizon as h
where h.as_of_date is not null
