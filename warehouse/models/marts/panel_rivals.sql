-- Grain: one tactic aimed at one dial, one other thing that could have moved that
-- dial, and one unit that it touched, with the months in which it did.
with events as (
    select
        e.rival_event_id                                as rival_id,
        e.name,
        e.metric_id,
        c.unit_id,
        date_trunc('month', e.from_date)::date          as from_month,
        e.to_date,
        e.is_independent
    from core.fct_rival_events as e
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was' and e.unit_id = c.ancestor_id and e.from_date >= c.valid_from and e.from_date < c.valid_to
)

select p.tactic_link_id, e.rival_id, e.name, p.unit_id, e.from_month, max(e.to_date) as to_date, bool_and(e.is_independent) as is_independent
from marts.panel_units as p
inner join events as e on p.metric_id = e.metric_id and p.unit_id = e.unit_id
group by p.tactic_link_id, e.rival_id, e.name, p.unit_id, e.from_month

union all

select p.tactic_link_id, o.tactic_id, t.name, p.unit_id, o.exposed_from_month, o.exposed_to_month, false
from marts.panel_units as p
inner join marts.panel_units as o on p.metric_id = o.metric_id and p.unit_id = o.unit_id and p.tactic_id <> o.tactic_id
inner join core.dim_tactics as t on o.tactic_id = t.tactic_id
where o.part in ('treated', 'mixed') and o.exposed_from_month is not null
