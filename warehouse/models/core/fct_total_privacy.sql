-- Grain: one table of people, what it measures, one place and reference month: what may be said of all the
-- people of the cell, without regard to any attribute. The rule and the walk are those of
-- core.fct_unit_privacy, whose hidden places are hidden here too: a family never hides one cell
-- alone, nor fewer people than the floor. is_range is the same of numerators.
-- The order in which a family hides does not depend on its parent, only how much it must hide does:
-- so what comes before a place is counted once, and the walk downwards only chooses.
with recursive placed as (
    select distinct place, parent_place, month, node_id, is_own
    from core.dim_cell_places
),

groups as (
    select table_name, measure, month, floor_people, row_number() over ()::integer as grp
    from (
        select
            c.table_name,
            c.measure,
            c.month,
            max(case c.floor when 'people' then s.min_people else greatest(s.min_people, s.min_people_pay) end) as floor_people
        from core.fct_cells as c
        cross join core.dim_settings as s
        where c.attribute = ''
        group by c.table_name, c.measure, c.month
    )
),

cells as (
    select
        g.grp,
        p.place,
        any_value(p.parent_place)                           as parent_place,
        any_value(g.floor_people)                           as floor_people,
        sum(c.people)::bigint                               as people,
        sum(c.numerator)::bigint                            as numerator,
        coalesce(max(c.largest) > sum(c.total) / 2, false)  as is_dominated
    from core.fct_cells as c
    inner join groups as g on c.table_name = g.table_name and c.measure = g.measure and c.month = g.month
    inner join core.dim_cell_places as p on c.month = p.month and c.unit_id = p.unit_id
    where c.attribute = ''
    group by g.grp, p.place
),

withheld as (
    select p.place
    from placed as p
    inner join core.fct_unit_privacy as u on u.view_name = 'as_was' and p.month = u.month and p.node_id = u.node_id and p.is_own = u.is_own
    where u.is_hidden
),

judged as (
    select
        c.grp,
        c.place,
        c.parent_place,
        c.people,
        c.numerator,
        c.floor_people,
        c.people < c.floor_people or c.is_dominated or w.place is not null          as is_small,
        case when c.people < c.floor_people then c.floor_people - 1 else 1000000000 end as most,
        c.numerator < 5 or c.numerator >= c.people                                  as is_telling
    from cells as c
    left join withheld as w on c.place = w.place
),

-- whether a place is hidden if its parent is, and if it is not
choices as (
    select
        *,
        is_small or parent_place > 0 and (hidden_before < 1 or is_too_little)                     as hides_below_hidden,
        is_small or parent_place > 0 and family_is_small and (hidden_before < 2 or is_too_little) as hides_below_shown
    from (
        select
            grp,
            place,
            parent_place,
            numerator,
            is_telling,
            is_small,
            bool_or(is_small) over family                                                 as family_is_small,
            count(*) over earlier                                                         as hidden_before,
            coalesce(sum(people) over earlier, 0) < floor_people
            or coalesce(sum(people) over earlier, 0) > coalesce(sum(most) over earlier, 0) - 2 as is_too_little
        from judged
        window
            family as (partition by grp, parent_place),
            earlier as (partition by grp, parent_place order by is_small desc, people, place rows between unbounded preceding and 1 preceding)
    )
),

hidden as (
    select grp, place, hides_below_shown as is_hidden
    from choices
    where parent_place = 0

    union all

    select c.grp, c.place, case when h.is_hidden then c.hides_below_hidden else c.hides_below_shown end
    from hidden as h
    inner join choices as c on h.grp = c.grp and h.place = c.parent_place
),

-- the same of numerators: whether it is a range if that of its parent is, and if it is not
vague_choices as (
    select
        *,
        is_telling or is_hidden or vague_before = 0 and not family_is_vague                                        as is_vague_below_vague,
        is_telling or is_hidden or parent_place > 0 and family_is_vague and (
            vague_before < 2 or numerator_before < 5 or (most_before < 5 and numerator_before > 4 * vague_before - 2)
        )                                                                                                          as is_vague_below_told
    from (
        select
            c.grp,
            c.place,
            c.parent_place,
            coalesce(c.is_telling, false)                       as is_telling,
            h.is_hidden,
            bool_or(c.is_telling or h.is_hidden) over family    as family_is_vague,
            count(*) over earlier                               as vague_before,
            coalesce(sum(c.numerator) over earlier, 0)          as numerator_before,
            coalesce(max(c.numerator) over earlier, 0)          as most_before
        from choices as c
        inner join hidden as h on c.grp = h.grp and c.place = h.place
        where c.grp in (select grp from cells where numerator is not null)
        window
            family as (partition by c.grp, c.parent_place),
            earlier as (
                partition by c.grp, c.parent_place order by coalesce(c.is_telling, false) or h.is_hidden desc, c.numerator, c.place
                rows between unbounded preceding and 1 preceding
            )
    )
),

vague as (
    select grp, place, is_vague_below_told as is_vague
    from vague_choices
    where parent_place = 0

    union all

    select c.grp, c.place, case when v.is_vague then c.is_vague_below_vague else c.is_vague_below_told end
    from vague as v
    inner join vague_choices as c on v.grp = c.grp and v.place = c.parent_place
)

select
    g.table_name,
    g.measure,
    g.month,
    p.node_id,
    p.is_own,
    c.place,
    c.people,
    c.numerator,
    h.is_hidden,
    case when c.numerator is not null then v.is_vague end as is_range
from hidden as h
inner join cells as c on h.grp = c.grp and h.place = c.place
inner join groups as g on h.grp = g.grp
inner join placed as p on h.place = p.place
left join vague as v on h.grp = v.grp and h.place = v.place
