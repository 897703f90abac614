-- Grain: one table of people, what it measures, one place (a node of the unit tree as it was, '*' is the
-- company, or those directly in a unit, is_own), one value of one attribute of people ('' is all of them) and
-- one reference month: what may be said of the cell. A cell that is hidden and empty stands here too, with no
-- people, so that nobody learns which ones are empty: start from here and join the sums, or tell the difference.
--
-- A family is a place's children. In a family a value of the attribute is shown for all
-- or for none, so that what is hidden is a full table of which the sums of rows and columns at
-- most are known, and no cell stands out. Hidden are the values with a cell that is small
-- (fewer people than the floor, or one person more than half of the sum) and then the
-- rarest, until two are hidden and what is hidden of each child is nobody, or as many as the
-- floor and not as many as small cells can be. Children whose people are hidden altogether
-- count as one child, and show nothing. What a family hides is hidden everywhere below it.
-- Then nothing needs a walk: a cell of a full table of n people is fixed by its row r and
-- column c only where r + c - n reaches the lesser of r and c, which takes a row or a column
-- that has all of the people. A row with all of a value has all that the parent has,
-- which is small too; a column with all of them is the only one hidden.
--
-- Numerators of a sensitive rate (0, all, or 1 to 4) are told as ranges. With an attribute they are
-- told where nobody below is in such a cell, nor in one that keeps it secret in its unit's row.
with groups as (
    select
        table_name,
        measure,
        month,
        attribute,
        row_number() over ()::integer as grp,
        floor_people
    from (
        select
            c.table_name,
            c.measure,
            c.month,
            c.attribute,
            max(case c.floor when 'people' then s.min_people else greatest(s.min_people, s.min_people_pay) end) as floor_people
        from core.fct_cells as c
        cross join core.dim_settings as s
        where c.attribute <> ''
        group by c.table_name, c.measure, c.month, c.attribute
    )
),

vals as (
    select attribute_value, row_number() over ()::integer as val
    from (select distinct attribute_value from core.fct_cells where attribute <> '')
),

placed as (
    select distinct place, parent_place, month, node_id, is_own
    from core.dim_cell_places
),

-- a place and every place above it; 0 is above the company
above as (
    with recursive up as (
        select distinct month, place, place as ancestor, parent_place from placed where not is_own
        union all
        select u.month, u.place, p.place, p.parent_place
        from up as u
        inner join placed as p on u.parent_place = p.place
    )
    select month, place, ancestor from up
    union all
    select distinct month, place, 0 from up
    union all
    select distinct month, 0, 0 from up
),

-- places of whose people nothing is told
withheld as (
    select g.grp, p.place
    from groups as g
    inner join placed as p on g.month = p.month
    left join core.fct_total_privacy as t on g.table_name = t.table_name and g.measure = t.measure and p.place = t.place
    left join core.fct_unit_privacy as u on u.view_name = 'as_was' and p.month = u.month and p.node_id = u.node_id and p.is_own = u.is_own
    where coalesce(t.is_hidden, u.is_hidden, true)
),

leaves as (
    select g.grp, g.floor_people, c.month, c.unit_id, v.val, c.people, c.numerator, c.largest, c.total
    from core.fct_cells as c
    inner join groups as g on c.table_name = g.table_name and c.measure = g.measure and c.month = g.month and c.attribute = g.attribute
    inner join vals as v on c.attribute_value = v.attribute_value
),

-- numerators: cells of those directly in a unit that are told as a range
ranged as (
    select grp, month, unit_id, val
    from (
        select
            *,
            count(*) over earlier                                                        as ranges_before,
            coalesce(sum(numerator) over earlier, 0)                                     as numerator_before,
            coalesce(sum(case when numerator < 5 then 4 else people end) over earlier, 0) as most_before,
            bool_or(is_telling) over (partition by grp, month, unit_id)                  as has_telling
        from (
            select
                l.grp,
                l.month,
                l.unit_id,
                l.val,
                l.people,
                l.numerator,
                l.numerator < 5 or l.numerator >= l.people or l.people < l.floor_people  as is_telling,
                coalesce(t.is_range or t.is_hidden, true)                                as is_row_ranged
            from leaves as l
            inner join groups as g on l.grp = g.grp
            left join core.fct_total_privacy as t
                on t.is_own and g.table_name = t.table_name and g.measure = t.measure and g.month = t.month and l.unit_id = t.node_id
            where l.numerator is not null
        )
        window earlier as (partition by grp, month, unit_id order by is_telling desc, numerator, val rows between unbounded preceding and 1 preceding)
    )
    where is_row_ranged or is_telling or has_telling and (ranges_before < 2 or numerator_before < 5 or numerator_before > most_before - 2)
),

cells as (
    select
        l.grp,
        p.place,
        any_value(p.parent_place)                          as parent_place,
        l.val,
        any_value(l.floor_people)                          as floor_people,
        sum(l.people)::bigint                              as people,
        sum(l.numerator)::bigint                           as numerator,
        coalesce(max(l.largest) > sum(l.total) / 2, false) as is_dominated,
        max(l.largest)                                     as largest,
        sum(l.total)                                       as total
    from leaves as l
    inner join core.dim_cell_places as p on l.month = p.month and l.unit_id = p.unit_id
    group by l.grp, p.place, l.val
),

-- parts that are all small, and together as many as small ones can be, give each away
cornered_1 as (
    select grp, parent_place as place, val, any_value(floor_people) as floor_people
    from cells
    where parent_place > 0
    group by grp, parent_place, val
    having max(people) < max(floor_people) and sum(people) > (max(floor_people) - 1) * count(*) - 2
),

cornered_2 as (
    select c.grp, c.parent_place as place, c.val
    from (select distinct g.grp, p.parent_place as place, g.val from cornered_1 as g inner join placed as p on g.place = p.place where p.parent_place > 0) as n
    inner join cells as c on n.grp = c.grp and n.place = c.parent_place and n.val = c.val
    left join cornered_1 as g on c.grp = g.grp and c.place = g.place and c.val = g.val
    group by c.grp, c.parent_place, c.val
    having bool_and(c.people < c.floor_people or g.grp is not null)
        and sum(c.people) > sum(case when c.people < c.floor_people then c.floor_people - 1 else c.people end) - 2
),

cornered_3 as (
    select c.grp, c.parent_place as place, c.val
    from (select distinct g.grp, p.parent_place as place, g.val from cornered_2 as g inner join placed as p on g.place = p.place where p.parent_place > 0) as n
    inner join cells as c on n.grp = c.grp and n.place = c.parent_place and n.val = c.val
    left join (select grp, place, val from cornered_1 union select grp, place, val from cornered_2) as g on c.grp = g.grp and c.place = g.place and c.val = g.val
    group by c.grp, c.parent_place, c.val
    having bool_and(c.people < c.floor_people or g.grp is not null)
        and sum(c.people) > sum(case when c.people < c.floor_people then c.floor_people - 1 else c.people end) - 2
),

cornered as (
    select grp, place, val from cornered_1
    union
    select grp, place, val from cornered_2
    union
    select grp, place, val from cornered_3
),

-- children as a family's table has them: those of whom nothing is told are one
blocks as (
    select
        grp,
        family,
        child,
        val,
        people,
        floor_people,
        people < floor_people or is_dominated or is_cornered as is_small,
        -- who has most of a sum hides nobody else
        case when is_dominated then 1 else people end       as weight,
        case when people < floor_people then floor_people - 1 - people when is_cornered then 0 else 1000000000 end as slack
    from (
        select
            c.grp,
            c.parent_place                                         as family,
            case when w.grp is null then c.place else -1 end       as child,
            c.val,
            any_value(c.floor_people)                              as floor_people,
            sum(c.people)::bigint                                  as people,
            coalesce(max(c.largest) > sum(c.total) / 2, false)     as is_dominated,
            bool_or(k.grp is not null)                             as is_cornered
        from cells as c
        left join withheld as w on c.grp = w.grp and c.place = w.place
        left join cornered as k on c.grp = k.grp and c.place = k.place and c.val = k.val
        group by c.grp, c.parent_place, case when w.grp is null then c.place else -1 end, c.val
    )
),

columns as (
    select
        b.grp,
        b.family,
        b.val,
        sum(b.people)                                  as people,
        bool_or(b.is_small) or bool_or(w.grp is not null) as is_must
    from blocks as b
    left join withheld as w on b.grp = w.grp and b.family = w.place
    group by b.grp, b.family, b.val
),

ranked as (
    select
        grp,
        family,
        val,
        row_number() over (partition by grp, family order by is_must desc, people, val)   as rank,
        count(*) filter (is_must) over (partition by grp, family)                         as musts,
        count(*) over (partition by grp, family)                                          as width
    from columns
    qualify musts > 0
),

-- what is hidden of a child once the values up to a rank are, too few from its first on until enough
spans as (
    select
        grp,
        family,
        child,
        any_value(musts)                                                as musts,
        any_value(width)                                                as width,
        min(rank)                                                       as from_rank,
        coalesce(min(rank) filter (weight >= floor_people and slack >= 2), 1000000000) as until_rank
    from (
        select
            b.grp,
            b.family,
            b.child,
            b.floor_people,
            r.musts,
            r.width,
            r.rank,
            sum(b.weight) over child as weight,
            sum(b.slack) over child  as slack
        from blocks as b
        inner join ranked as r on b.grp = r.grp and b.family = r.family and b.val = r.val
        window child as (partition by b.grp, b.family, b.child order by r.rank)
    )
    group by grp, family, child
),

hidden_ranks as (
    -- the fewest values, at least the musts and two, that leave no child with too few
    select grp, family, coalesce(max(until_rank) filter (from_rank <= least_rank and until_rank > least_rank), any_value(least_rank)) as last_rank
    from (
        select grp, family, min(from_rank) as from_rank, max(until_rank) as until_rank, any_value(least_rank) as least_rank
        from (
            select *, sum(is_apart::integer) over (partition by grp, family order by from_rank, until_rank rows unbounded preceding) as island
            from (
                select
                    grp,
                    family,
                    from_rank,
                    until_rank,
                    least(greatest(musts, 2), width) as least_rank,
                    coalesce(from_rank > max(until_rank) over (partition by grp, family order by from_rank, until_rank rows between unbounded preceding and 1 preceding), true) as is_apart
                from spans
            )
        )
        group by grp, family, island
    )
    group by grp, family
),

hidden as (
    select distinct r.grp, a.place as family, r.val
    from ranked as r
    inner join hidden_ranks as h on r.grp = h.grp and r.family = h.family and r.rank <= h.last_rank
    inner join groups as g on r.grp = g.grp
    inner join above as a on g.month = a.month and r.family = a.ancestor
),

hidden_cells as (
    select h.grp, p.place, h.val
    from hidden as h
    inner join groups as g on h.grp = g.grp
    inner join placed as p on h.family = p.parent_place and g.month = p.month

    union

    select w.grp, w.place, v.val
    from withheld as w
    inner join (select distinct grp, val from leaves) as v on w.grp = v.grp
),

ranges as (
    select distinct r.grp, p.place, r.val
    from ranged as r
    inner join core.dim_cell_places as p on r.month = p.month and r.unit_id = p.unit_id
),

said as (
    select
        coalesce(c.grp, h.grp)                                          as grp,
        coalesce(c.place, h.place)                                      as place,
        coalesce(c.val, h.val)                                          as val,
        coalesce(c.people, 0)                                           as people,
        c.numerator,
        h.grp is not null                                               as is_hidden
    from cells as c
    full join hidden_cells as h on c.grp = h.grp and c.place = h.place and c.val = h.val
),

told as (
    select
        g.table_name,
        g.measure,
        g.month,
        p.node_id,
        p.is_own,
        g.attribute,
        v.attribute_value,
        s.people,
        s.is_hidden,
        case when s.numerator is not null then s.is_hidden or r.grp is not null end as is_range,
        s.numerator
    from said as s
    inner join groups as g on s.grp = g.grp
    inner join placed as p on s.place = p.place
    inner join vals as v on s.val = v.val
    left join ranges as r on s.grp = r.grp and s.place = r.place and s.val = r.val

    union all

    select table_name, measure, month, node_id, is_own, '', '', people, is_hidden, is_range, numerator
    from core.fct_total_privacy
)

select
    table_name,
    measure,
    month,
    node_id,
    is_own,
    attribute,
    attribute_value,
    people,
    is_hidden,
    is_range,
    -- a number that is a range for another's sake may be anything; ranges of cells are so wide that a row's
    -- sum lies within them for sure
    case when not is_range then null when numerator >= 5 and numerator >= people then greatest(numerator - reach, 0) else 0 end as numerator_low,
    case when not is_range then null when numerator < 5 then least(reach, people) else people end                              as numerator_high
from (select *, case when attribute = '' then 4 else 9 end as reach from told)
