-- Grain: one manager, fiscal year and measure: how the share of their reviews held on time, and of actions done on
-- time, changed from the year before. is_trained: trained to lead between the two; who was trained before is left out.
with years as (
    select
        n.reviewer_id,
        n.fiscal_year,
        n.is_trained,
        b.on_time / nullif(b.due, 0)                     as on_time_before,
        n.on_time / nullif(n.due, 0)                     as on_time_after,
        b.actions_on_time / nullif(b.actions_due, 0)     as actions_before,
        n.actions_on_time / nullif(n.actions_due, 0)     as actions_after
    from core.fct_reviewers as n
    inner join core.fct_reviewers as b on n.reviewer_id = b.reviewer_id and n.fiscal_year = b.fiscal_year + 1
    where not b.is_trained
)

select
    y.reviewer_id,
    y.fiscal_year,
    x.measure,
    y.is_trained,
    -- to the half: a manager has few reviews
    round(x.before_share * 2) / 2           as from_share,
    x.after_share - x.before_share          as change
from years as y
cross join lateral (
    values
    ('on time', y.on_time_before, y.on_time_after),
    ('followed up', y.actions_before, y.actions_after)
) as x (measure, before_share, after_share)
where x.after_share - x.before_share is not null
