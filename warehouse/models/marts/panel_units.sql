-- Grain: one tactic aimed at one dial, and one unit that the dial is observed for:
-- its part in the tactic and since when, by membership on the day of exposure.
-- part: treated; control where the register names it; mixed where only some of the
-- units below it are treated, which is neither; else other.
with observed as (
    select distinct metric_id, unit_id
    from marts.dial_monthly
    where value is not null
),

-- all units take part where a wave says so and the register lists none
everywhere as (
    select w.tactic_id, min(w.start_date) as start_date, max(w.assigned_at) as assigned_at, bool_and(w.is_assigned_at_trusted) as is_trusted
    from core.panel_waves as w
    where w.tactic_id not in (select tactic_id from core.fct_tactic_units)
        and w.tactic_id not in (select tactic_id from core.fct_tactic_participants where is_listed and arm = 'control')
    group by w.tactic_id
    having bool_and(w.assigned_by = 'all')
),

parts as (
    select
        l.tactic_link_id,
        l.tactic_id,
        l.metric_id,
        o.unit_id,
        u.arm                                                     as part,
        u.wave,
        u.exposed_from_date,
        u.exposed_to_date,
        u.assigned_at,
        u.is_assigned_at_trusted,
        u.is_chosen_on_dial,
        u.selection_from_date,
        u.selection_to_date,
        -- the unit itself before those above it
        case when u.unit_id = o.unit_id then 0 else 1 end         as distance
    from core.fct_tactic_links as l
    inner join core.fct_tactic_units as u on l.tactic_id = u.tactic_id
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was'
        and u.unit_id = c.ancestor_id
        and coalesce(u.exposed_from_date, l.launch_date, u.assigned_at::date) >= c.valid_from
        and coalesce(u.exposed_from_date, l.launch_date, u.assigned_at::date) < c.valid_to
    inner join observed as o on l.metric_id = o.metric_id and c.unit_id = o.unit_id

    union all

    select
        l.tactic_link_id,
        l.tactic_id,
        l.metric_id,
        o.unit_id,
        'treated',
        1,
        e.start_date,
        null,
        e.assigned_at,
        e.is_trusted,
        false,
        null,
        null,
        0
    from core.fct_tactic_links as l
    inner join everywhere as e on l.tactic_id = e.tactic_id
    inner join observed as o on l.metric_id = o.metric_id

    union all

    -- an observed unit above a treated one
    select distinct
        l.tactic_link_id,
        l.tactic_id,
        l.metric_id,
        o.unit_id,
        'mixed',
        null::bigint,
        u.exposed_from_date,
        u.exposed_to_date,
        null::timestamp,
        null::boolean,
        false,
        null::date,
        null::date,
        2
    from core.fct_tactic_links as l
    inner join core.fct_tactic_units as u on l.tactic_id = u.tactic_id and u.arm = 'treated'
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was'
        and u.unit_id = c.unit_id
        and c.ancestor_id <> c.unit_id
        and u.exposed_from_date >= c.valid_from
        and u.exposed_from_date < c.valid_to
    inner join observed as o on l.metric_id = o.metric_id and c.ancestor_id = o.unit_id
),

first_parts as (
    select
        tactic_link_id,
        unit_id,
        part,
        wave,
        exposed_from_date,
        exposed_to_date,
        assigned_at,
        is_assigned_at_trusted,
        is_chosen_on_dial,
        selection_from_date,
        selection_to_date
    from parts
    qualify row_number() over (partition by tactic_link_id, unit_id order by distance, part = 'control', exposed_from_date, unit_id) = 1
),

sizes as (
    select unit_id, avg(heads) as heads
    from marts.headcount_monthly
    where is_complete
    group by unit_id
)

select
    l.tactic_link_id,
    l.tactic_id,
    l.metric_id,
    o.unit_id,
    coalesce(p.part, 'other')                                 as part,
    p.wave,
    date_trunc('month', p.exposed_from_date)::date            as exposed_from_month,
    date_trunc('month', p.exposed_to_date)::date              as exposed_to_month,
    p.assigned_at,
    p.is_assigned_at_trusted,
    coalesce(p.is_chosen_on_dial, false)                      as is_chosen_on_dial,
    p.selection_from_date,
    p.selection_to_date,
    s.heads
from core.fct_tactic_links as l
inner join observed as o on l.metric_id = o.metric_id
left join first_parts as p on l.tactic_link_id = p.tactic_link_id and o.unit_id = p.unit_id
left join sizes as s on o.unit_id = s.unit_id
