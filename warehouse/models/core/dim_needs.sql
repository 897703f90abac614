-- Grain: one business need, as the first of its sources states it now.
select
    n.need_id,
    n.title,
    n.opened_date,
    n.goal_id,
    n.is_customer_feedback,
    n.was_neutral,
    n.had_owner_access,
    n.is_shared,
    n.source
from staging.need as n
left join core.dim_sources as s on n.source = s.source
qualify row_number() over (partition by n.need_id order by coalesce(s.position, 1000000), n.source) = 1
