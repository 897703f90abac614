-- Grain: one node of the unit tree and month, in one view of the tree: what may be
-- said of its employees. A node is the company ('*'), a unit with all below it, or
-- (is_own) those directly in a unit.
--
-- is_hidden: fewer people than the floor, or hidden so that no other number gives
-- a hidden one back. A family is a node's children. Where the parent is shown, a
-- family never hides one cell alone, nor fewer people than the floor; where the
-- parent is hidden, it hides at least one, and as many people. So one walk from the top
-- is enough: a parent at the floor or above always has another child to hide.
-- is_range: voluntary turnover is sensitive, so a numerator of 0 to 4, or all, is
-- said as numerator_low to numerator_high only, with the same care along the tree.
-- The tree of today (as_now) shows no more than could be worked out from the tree
-- as it was: a node that differs is shown if the other is, and all that came or went.
-- hide: leavers where is_range
with recursive base as (
    select
        h.unit_id,
        h.month,
        h.heads,
        h.people,
        -- both the people of the month and those at its end are told: what is few of either is small
        least(h.people, h.heads_at_end)      as fewest,
        coalesce(t.voluntary_separations, 0) as leavers
    from core.fct_headcount_monthly as h
    left join core.fct_turnover_monthly as t on h.unit_id = t.unit_id and h.month = t.month
    where h.people > 0
),

scope as (
    select view_name, ancestor_id, unit_id, valid_from, valid_to, share
    from core.dim_unit_closure

    union all

    select v.view_name, b.unit_id, b.unit_id, date '1900-01-01', date '9999-12-31', 1
    from (select distinct unit_id from base) as b
    cross join (values ('as_was'), ('as_now')) as v (view_name)
    left join core.dim_units as u on b.unit_id = u.unit_id
    where u.unit_id is null

    union all

    select v.view_name, '*', b.unit_id, date '1900-01-01', date '9999-12-31', 1
    from (select distinct unit_id from base) as b
    cross join (values ('as_was'), ('as_now')) as v (view_name)
),

nodes as (
    select
        s.view_name,
        s.ancestor_id             as node_id,
        b.month,
        sum(b.heads * s.share)    as heads,
        -- people of several units may be the same ones: never more than there are for sure
        greatest(max(b.people * s.share), floor(sum(b.heads * s.share) + 1e-9))::bigint as people,
        least(floor(sum(b.fewest * s.share) + 1e-9), greatest(max(b.people * s.share), floor(sum(b.heads * s.share) + 1e-9)))::bigint as fewest,
        sum(b.leavers * s.share)  as leavers
    from base as b
    inner join scope as s on b.unit_id = s.unit_id and b.month >= s.valid_from and b.month < s.valid_to
    group by s.view_name, s.ancestor_id, b.month
),

cells as (
    select n.month, n.node_id, false as is_own, coalesce(v.parent_id, '*') as parent_id, n.heads, n.people, n.fewest, n.leavers
    from nodes as n
    inner join core.dim_unit_versions as v on n.node_id = v.unit_id and n.month >= v.valid_from and n.month < v.valid_to
    where n.view_name = 'as_was'

    union all

    -- the company, and units that only jobs name
    select n.month, n.node_id, false, case when n.node_id <> '*' then '*' end, n.heads, n.people, n.fewest, n.leavers
    from nodes as n
    where n.view_name = 'as_was' and n.node_id not in (select unit_id from core.dim_units)

    union all

    select month, unit_id, true, unit_id, heads, people, fewest, leavers
    from base
),

-- a node whose parts are all small and as large as small ones can be gives each of them away
cornered_low as (
    select c.month, c.parent_id as node_id
    from cells as c
    cross join core.dim_settings as s
    group by c.month, c.parent_id, s.min_people
    having max(c.fewest) < s.min_people and sum(c.fewest) = (s.min_people - 1) * count(*)

    union

    select b.month, e.ancestor_id
    from base as b
    cross join core.dim_settings as s
    inner join scope as e on e.view_name = 'as_was' and b.unit_id = e.unit_id and b.month >= e.valid_from and b.month < e.valid_to
    group by b.month, e.ancestor_id, s.min_people
    having max(b.fewest) < s.min_people and sum(b.fewest) = (s.min_people - 1) * count(*)
),

cornered as (
    select month, node_id
    from cornered_low

    union

    select c.month, c.parent_id
    from cells as c
    cross join core.dim_settings as s
    left join cornered_low as g on c.month = g.month and case when not c.is_own then c.node_id end = g.node_id
    where c.parent_id is not null
    group by c.month, c.parent_id
    having bool_and(c.fewest < s.min_people or g.node_id is not null) and sum(c.fewest) = sum(case when c.fewest < s.min_people then s.min_people - 1 else c.fewest end)
),

judged as (
    select
        c.month,
        c.node_id,
        c.is_own,
        c.parent_id,
        c.heads,
        c.people,
        c.fewest,
        c.leavers,
        c.fewest < s.min_people or not c.is_own and g.node_id is not null as is_small,
        -- the most that it can be, for one who guesses right why it is hidden
        case when c.fewest < s.min_people then s.min_people - 1 when not c.is_own and g.node_id is not null then c.fewest else 1000000000 end as most,
        c.leavers < 5 or c.leavers >= c.heads            as is_telling,
        s.min_people
    from cells as c
    cross join core.dim_settings as s
    left join cornered as g on c.month = g.month and c.node_id = g.node_id
),

was as (
    select month, node_id, is_own, is_small as is_hidden, is_small or is_telling as is_vague
    from judged
    where node_id = '*' and not is_own

    union all

    select month, node_id, is_own, is_hidden, is_vague
    from (
        select
            month,
            node_id,
            is_own,
            is_hidden,
            is_vague_itself or is_hidden or case
                when parent_is_vague then vague_before = 0 and not coalesce(family_is_vague, false)
                else family_is_vague and (
                    vague_before < 2 or leavers_before < 5 or (most_before < 5 and leavers_before > 4 * vague_before - 2)
                )
            end as is_vague
        from (
            select
                month,
                node_id,
                is_own,
                is_hidden,
                is_telling                                   as is_vague_itself,
                parent_is_vague,
                bool_or(is_telling or is_hidden) over family as family_is_vague,
                count(*) over earlier                        as vague_before,
                coalesce(sum(leavers) over earlier, 0)       as leavers_before,
                coalesce(max(leavers) over earlier, 0)       as most_before
            from (
                select
                    month,
                    parent_id,
                    node_id,
                    is_own,
                    leavers,
                    is_telling,
                    parent_is_vague,
                    is_small or (parent_is_hidden or family_is_small) and (
                        hidden_before < case when parent_is_hidden then 1 else 2 end
                        or people_before < min_people
                        -- cells that are all small, and together as many as they can be, are no secret
                        or people_before > most_before - 2
                    ) as is_hidden
                from (
                    select
                        j.month,
                        j.parent_id,
                        j.node_id,
                        j.is_own,
                        j.leavers,
                        j.is_small,
                        j.is_telling,
                        j.min_people,
                        p.is_hidden                                as parent_is_hidden,
                        p.is_vague                                 as parent_is_vague,
                        bool_or(j.is_small) over family            as family_is_small,
                        count(*) over earlier                      as hidden_before,
                        coalesce(sum(j.fewest) over earlier, 0)    as people_before,
                        coalesce(sum(j.most) over earlier, 0)      as most_before
                    from was as p
                    inner join judged as j
                        on not p.is_own and p.month = j.month and p.node_id = j.parent_id and (j.is_own or j.node_id <> '*')
                    window
                        family as (partition by j.month, j.parent_id),
                        earlier as (
                            partition by j.month, j.parent_id order by j.is_small desc, j.fewest, j.node_id, j.is_own
                            rows between unbounded preceding and 1 preceding
                        )
                )
            )
            window
                family as (partition by month, parent_id),
                earlier as (
                    partition by month, parent_id order by is_telling or is_hidden desc, leavers, node_id, is_own
                    rows between unbounded preceding and 1 preceding
                )
        )
    )
),

-- units that a node has in one view and not, or by another share, in the other
moved as (
    select m.node_id, m.month, bool_or(w.is_hidden) as has_hidden, bool_or(w.is_vague) as has_vague
    from (
        select s.ancestor_id as node_id, b.unit_id, b.month
        from base as b
        inner join scope as s on b.unit_id = s.unit_id and b.month >= s.valid_from and b.month < s.valid_to
        group by s.ancestor_id, b.unit_id, b.month
        having abs(sum(case s.view_name when 'as_was' then s.share else -s.share end)) > 1e-9
    ) as m
    inner join was as w on w.is_own and m.unit_id = w.node_id and m.month = w.month
    group by m.node_id, m.month
),

said as (
    select 'as_was' as view_name, j.node_id, j.is_own, j.month, j.heads, j.people, j.leavers, w.is_hidden, w.is_vague, j.is_telling
    from judged as j
    inner join was as w on j.month = w.month and j.node_id = w.node_id and j.is_own = w.is_own

    union all

    select
        'as_now',
        n.node_id,
        false,
        n.month,
        n.heads,
        n.people,
        n.leavers,
        n.fewest < s.min_people or coalesce(w.is_hidden, false) or coalesce(m.has_hidden, false),
        n.leavers < 5 or n.leavers >= n.heads or coalesce(w.is_vague, false) or coalesce(m.has_vague, false),
        n.leavers < 5 or n.leavers >= n.heads
    from nodes as n
    cross join core.dim_settings as s
    left join was as w on not w.is_own and n.node_id = w.node_id and n.month = w.month
    left join moved as m on n.node_id = m.node_id and n.month = m.month
    where n.view_name = 'as_now'
)

select
    view_name,
    node_id,
    is_own,
    month,
    heads,
    people,
    leavers,
    is_hidden,
    is_vague                                                                as is_range,
    -- a number that is vague for another's sake may be anything
    case when is_vague then case when is_telling and leavers >= 5 then leavers - 4 else 0 end end as numerator_low,
    case when is_vague then case when not is_telling then people when leavers >= 5 then leavers else least(4, people) end end as numerator_high
from said
