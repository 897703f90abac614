-- Grain: one node of the unit tree, title ('' is all) and kind of two raters, at the horizon: how far
-- the first is above the second, how far they agree, and by how many raters of the second
-- kind. kappa is weighted by squares: 1 − Σ(x − y)² ÷ the same by chance. Under 3 raters nothing is told.
with latest as (
    select day, month
    from core.fct_gap_dates
    where is_latest
),

pairs as (
    select
        s.node_id                                                                             as ancestor_id,
        d.month,
        p.raters,
        case when grouping(p.job_title_id) = 0 then p.job_title_id else '' end                as job_title_id,
        count(distinct p.person_id)                                                           as people,
        count(distinct p.rater_id)                                                            as raters_n,
        count(*)                                                                              as pairs,
        avg(p.first_share - p.second_share)                                                   as mean_difference,
        stddev_samp(p.first_share - p.second_share)                                           as sd_difference,
        avg((abs(p.first_points - p.second_points) < 1e-9)::integer)                          as exact,
        avg((abs(p.first_points - p.second_points) < 1 + 1e-9)::integer)                      as within_one,
        1 - avg((p.first_points - p.second_points) ^ 2)
        / nullif(avg(p.first_points ^ 2) + avg(p.second_points ^ 2) - 2 * avg(p.first_points) * avg(p.second_points), 0) as kappa
    from core.fct_rater_pairs as p
    cross join latest as d
    inner join core.dim_cell_places as s on d.month = s.month and p.unit_id = s.unit_id and not s.is_own
    group by grouping sets ((s.node_id, d.month, p.raters), (s.node_id, d.month, p.raters, p.job_title_id))
)

select
    'as_was'                                                                              as view_name,
    p.ancestor_id,
    p.month,
    p.job_title_id,
    p.raters,
    case when not c.is_hidden then p.pairs end                                            as pairs,
    p.raters_n < 3                                                                        as has_few_raters,
    case when not c.is_hidden and p.raters_n >= 3 then p.raters_n end                     as raters_n,
    case when not c.is_hidden and p.raters_n >= 3 then round(p.mean_difference, 2) end    as mean_difference,
    case when not c.is_hidden and p.raters_n >= 3 then round(p.sd_difference, 2) end      as sd_difference,
    case when not c.is_hidden and p.raters_n >= 3 then round(p.exact, 2) end              as exact_share,
    case when not c.is_hidden and p.raters_n >= 3 then round(p.within_one, 2) end         as within_one_share,
    case when not c.is_hidden and p.raters_n >= 3 then round(p.kappa, 2) end              as kappa,
    case when not c.is_hidden then p.people end                                           as people_n,
    coalesce(c.is_hidden, true)                                                           as is_hidden
from pairs as p
left join core.fct_cell_privacy as c
    on c.table_name = 'gap_raters' and c.measure = p.raters and not c.is_own and c.node_id = p.ancestor_id and c.month = p.month
    and c.attribute = case when p.job_title_id = '' then '' else 'title' end and c.attribute_value = p.job_title_id
order by p.ancestor_id, p.job_title_id, p.raters
