-- Grain: one table of people, what it measures, one place and reference month: what may be said of all the
-- people of the cell, without regard to any attribute. The rule and the walk are those of
-- core.fct_unit_privacy, whose hidden places are hidden here too: a family never hides one cell
-- alone, nor fewer people than the floor. is_range is the same of numerators.
with recursive placed as (
    select distinct place, parent_place, month, node_id, is_own
    from core.dim_cell_places
),

cells as (
    select
        dense_rank() over (order by c.table_name, c.measure, c.month) as grp,
        c.table_name,
        c.measure,
        c.month,
        p.place,
        p.parent_place,
        c.people,
        c.numerator,
        c.is_dominated,
        c.floor_people
    from (
        select
            c.table_name,
            c.measure,
            c.month,
            p.place,
            any_value(p.parent_place)                                                            as parent_place,
            sum(c.people)::bigint                                                                as people,
            sum(c.numerator)::bigint                                                             as numerator,
            coalesce(max(c.largest) > sum(c.total) / 2, false)                                   as is_dominated,
            max(case c.floor when 'people' then s.min_people else greatest(s.min_people, s.min_people_pay) end) as floor_people
        from core.fct_cells as c
        inner join core.dim_cell_places as p on c.month = p.month and c.unit_id = p.unit_id
        cross join core.dim_settings as s
        where c.attribute = ''
        group by c.table_name, c.measure, c.month, p.place
    ) as c
    inner join placed as p on c.place = p.place
),

judged as (
    select
        c.grp,
        c.place,
        c.parent_place,
        c.people,
        c.numerator,
        c.floor_people,
        c.people < c.floor_people or c.is_dominated or coalesce(u.is_hidden, false) as is_small,
        case when c.people < c.floor_people then c.floor_people - 1 else 1000000000 end as most,
        c.numerator < 5 or c.numerator >= c.people                                 as is_telling
    from cells as c
    inner join placed as p on c.place = p.place
    left join core.fct_unit_privacy as u on u.view_name = 'as_was' and p.month = u.month and p.node_id = u.node_id and p.is_own = u.is_own
),

walk as (
    select 0 as place, grp, false as is_hidden, false as is_vague, 0 as depth
    from (select distinct grp from judged)

    union all

    select
        place,
        grp,
        is_hidden,
        is_telling or is_hidden or case
            when parent_is_vague then vague_before = 0 and not family_is_vague
            else family_is_vague and (
                vague_before < 2 or numerator_before < 5 or (most_before < 5 and numerator_before > 4 * vague_before - 2)
            ) and depth > 0
        end,
        depth + 1
    from (
        select
            place,
            grp,
            depth,
            is_hidden,
            is_telling,
            parent_is_vague,
            bool_or(is_telling or is_hidden) over family as family_is_vague,
            count(*) over earlier                        as vague_before,
            coalesce(sum(numerator) over earlier, 0)     as numerator_before,
            coalesce(max(numerator) over earlier, 0)     as most_before
        from (
            select
                place,
                grp,
                parent_place,
                depth,
                numerator,
                is_telling,
                parent_is_vague,
                is_small or depth > 0 and (parent_is_hidden or family_is_small) and (
                    hidden_before < case when parent_is_hidden then 1 else 2 end
                    or people_before < floor_people
                    or people_before > most_before - 2
                ) as is_hidden
            from (
                select
                    j.place,
                    j.grp,
                    j.parent_place,
                    w.depth,
                    j.numerator,
                    coalesce(j.is_telling, false)           as is_telling,
                    j.is_small,
                    j.floor_people,
                    w.is_hidden                             as parent_is_hidden,
                    w.is_vague                              as parent_is_vague,
                    bool_or(j.is_small) over family         as family_is_small,
                    count(*) over earlier                   as hidden_before,
                    coalesce(sum(j.people) over earlier, 0) as people_before,
                    coalesce(sum(j.most) over earlier, 0)   as most_before
                from walk as w
                inner join judged as j on w.grp = j.grp and w.place = j.parent_place
                window
                    family as (partition by j.grp, j.parent_place),
                    earlier as (
                        partition by j.grp, j.parent_place order by j.is_small desc, j.people, j.place
                        rows between unbounded preceding and 1 preceding
                    )
            )
        )
        window
            family as (partition by grp, parent_place),
            earlier as (
                partition by grp, parent_place order by is_telling or is_hidden desc, numerator, place
                rows between unbounded preceding and 1 preceding
            )
    )
)

select
    c.table_name,
    c.measure,
    c.month,
    p.node_id,
    p.is_own,
    c.place,
    c.people,
    c.numerator,
    w.is_hidden,
    case when c.numerator is not null then w.is_vague end as is_range
from walk as w
inner join cells as c on w.grp = c.grp and w.place = c.place
inner join placed as p on w.place = p.place
