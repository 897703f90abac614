-- Grain: one node of the unit tree ('*' is the company) and month, in one view: employees and
-- their full-time equivalents, rolled up already, with what may be said of them. The people of
-- other contracts are told of the company alone. A node that is_hidden is withheld.
with totals as (
    select
        p.view_name,
        p.node_id,
        p.month,
        p.heads,
        p.people,
        p.is_hidden
    from core.fct_unit_privacy as p
    where not p.is_own
),

scope as (
    select view_name, ancestor_id, unit_id, valid_from, valid_to, share
    from core.dim_unit_closure

    union all

    select v.view_name, a.ancestor_id, h.unit_id, date '1900-01-01', date '9999-12-31', 1
    from (
        select distinct h.unit_id, u.unit_id is null as is_alone
        from core.fct_headcount_monthly as h
        left join core.dim_units as u on h.unit_id = u.unit_id
    ) as h
    cross join (values ('as_was'), ('as_now')) as v (view_name)
    cross join lateral (select '*' as ancestor_id union all select h.unit_id where h.is_alone) as a
),

whole as (
    select s.view_name, s.ancestor_id as node_id, h.month, sum(h.fte * s.share) as fte, bool_and(h.is_complete) as is_complete
    from core.fct_headcount_monthly as h
    inner join scope as s on h.unit_id = s.unit_id and h.month >= s.valid_from and h.month < s.valid_to
    group by s.view_name, s.ancestor_id, h.month
),

others as (
    select h.month, sum(h.contractors) as contractors, max(h.contractors) as most, count(*) as units
    from core.fct_headcount_monthly as h
    where h.contractors > 0
    group by h.month
)

select
    t.view_name,
    t.node_id                                                          as ancestor_id,
    t.month,
    t.heads,
    w.fte,
    -- all of them small, and as many as small ones can be, would give each away
    case
        when t.node_id <> '*' then null
        when o.month is null then 0
        when o.contractors >= s.min_people and not (o.most < s.min_people and o.contractors > (s.min_people - 1) * o.units - 2)
            then o.contractors
    end                                                                as contractors,
    t.people                                                           as people_n,
    w.is_complete,
    t.is_hidden
from totals as t
cross join core.dim_settings as s
inner join whole as w on t.view_name = w.view_name and t.node_id = w.node_id and t.month = w.month
left join others as o on t.month = o.month
