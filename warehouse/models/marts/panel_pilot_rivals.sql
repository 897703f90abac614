-- Grain: one experiment and one other thing aimed at its dial during its window,
-- with the share of each arm that it touched.
with rivals as (
    select
        o.tactic_id           as rival_id,
        t.name,
        o.metric_id,
        p.person_id,
        p.assigned_at         as known_at,
        t.launch_date         as from_date,
        t.ended_date          as to_date,
        null::boolean         as is_independent
    from core.fct_tactic_links as o
    inner join core.dim_tactics as t on o.tactic_id = t.tactic_id
    inner join core.fct_tactic_participants as p on t.tactic_id = p.tactic_id
    where o.is_approved and coalesce(p.arm, 'treated') = 'treated' and (p.is_listed or p.completed_date is not null)
),

touched as (
    select distinct e.tactic_link_id, r.rival_id, r.name, e.person_id, r.from_date < e.assigned_at::date as is_independent
    from core.panel_people as e
    inner join rivals as r
        on e.metric_id = r.metric_id
        and e.tactic_id <> r.rival_id
        and e.person_id = r.person_id
        and r.from_date < e.until_month
        and coalesce(r.to_date > e.from_month, true)

    union

    select distinct e.tactic_link_id, v.rival_event_id, v.name, e.person_id, v.is_independent
    from core.panel_people as e
    inner join core.fct_rival_events as v
        on e.metric_id = v.metric_id and v.from_date < e.until_month and coalesce(v.to_date > e.from_month, true)
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was' and v.unit_id = c.ancestor_id and e.unit_id = c.unit_id
        and e.from_month >= c.valid_from and e.from_month < c.valid_to
),

arms as (
    select tactic_link_id, count(*) filter (where arm = 'treated') as treated, count(*) filter (where arm = 'control') as control
    from core.panel_people
    group by tactic_link_id
)

select
    t.tactic_link_id,
    t.rival_id,
    t.name,
    bool_and(t.is_independent)                                                                        as is_independent,
    count(*) filter (where e.arm = 'treated') / max(a.treated)::double                                as treated_share,
    count(*) filter (where e.arm = 'control') / max(a.control)::double                                as comparison_share,
    max(a.treated + a.control)                                                                        as people_n,
    true                                                                                              as is_hidden
from touched as t
inner join core.panel_people as e on t.tactic_link_id = e.tactic_link_id and t.person_id = e.person_id
inner join arms as a on t.tactic_link_id = a.tactic_link_id
group by t.tactic_link_id, t.rival_id, t.name
