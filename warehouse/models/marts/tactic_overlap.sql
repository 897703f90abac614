-- Grain: one tactic that is aimed at a dial and another one that its units had at the same time for a day
-- or more: in how many of the units without units below them. Where the other is the tactic itself: all
-- its units; where it is '': those that had no other.
with everywhere as (
    select w.tactic_id, min(w.start_date) as start_date
    from core.panel_waves as w
    where w.tactic_id not in (select tactic_id from core.fct_tactic_units)
        and w.tactic_id not in (select tactic_id from core.fct_tactic_participants where is_listed and arm = 'control')
    group by w.tactic_id
    having bool_and(w.assigned_by = 'all')
),

leaves as (
    select unit_id
    from core.dim_units
    where unit_id not in (select parent_id from core.dim_units where parent_id is not null)
),

exposed as (
    select u.tactic_id, c.unit_id, u.exposed_from_date as from_date, coalesce(u.exposed_to_date, date '9999-12-31') as to_date
    from core.fct_tactic_units as u
    inner join core.dim_unit_closure as c
        on c.view_name = 'as_was'
        and u.unit_id = c.ancestor_id
        and u.exposed_from_date >= c.valid_from
        and u.exposed_from_date < c.valid_to
    inner join leaves as l on c.unit_id = l.unit_id
    where u.arm = 'treated' and u.exposed_from_date is not null

    union all

    select e.tactic_id, l.unit_id, e.start_date, coalesce(t.ended_date + 1, date '9999-12-31')
    from everywhere as e
    inner join core.dim_tactics as t on e.tactic_id = t.tactic_id
    cross join leaves as l
    where e.start_date is not null
),

-- what has not begun yet overlaps with nothing
begun as (
    select e.tactic_id, e.unit_id, e.from_date, e.to_date
    from exposed as e
    inner join core.dim_horizon as h on e.from_date <= h.as_of_date
    where e.tactic_id in (select tactic_id from core.fct_tactic_links)
),

pairs as (
    select a.tactic_id, b.tactic_id as other_tactic_id, a.unit_id
    from begun as a
    inner join begun as b
        on a.unit_id = b.unit_id
        and a.tactic_id <> b.tactic_id
        and a.from_date < b.to_date
        and b.from_date < a.to_date
)

select tactic_id, other_tactic_id, count(distinct unit_id) as units
from pairs
group by tactic_id, other_tactic_id

union all

select tactic_id, tactic_id, count(distinct unit_id)
from begun
group by tactic_id

union all

select b.tactic_id, '', count(distinct b.unit_id)
from begun as b
left join pairs as p on b.tactic_id = p.tactic_id and b.unit_id = p.unit_id
where p.unit_id is null
group by b.tactic_id
order by tactic_id, other_tactic_id
