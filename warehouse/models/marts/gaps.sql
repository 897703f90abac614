-- Grain: one node of the unit tree ('*' is the company), reference month, rule, title ('' is all) and
-- competency ('' is all): of whom it is required, how many of them are assessed, and what
-- was found. Without is_hidden the people required are told; what was found is NULL where
-- too few are assessed, the assessed of 1 to 4 are NULL. Shares of the scale are rounded to 1 %.
-- Titles say of whom something is required, so a title is told only where its heads are, and people of several titles are
-- rounded down to 5 where they would tell hidden titles with a requirement from hidden ones without. Pairs add up over
-- competencies, so those of all are told only where no competency is hidden; of the company, where enough are.
with sums as (
    select
        p.node_id                         as ancestor_id,
        c.month,
        c.rule,
        c.competency_id,
        c.job_title_id,
        sum(c.people)::bigint             as people,
        sum(c.assessed_people)::bigint    as assessed_people,
        sum(c.pairs)::bigint              as pairs,
        sum(c.assessed_pairs)::bigint     as assessed_pairs,
        sum(c.proficient_pairs)::bigint   as proficient_pairs,
        sum(c.gap)                        as gap,
        sum(c.surplus)                    as surplus,
        sum(c.required)                   as required,
        sum(c.shares)                     as shares,
        sum(c.required_shares)            as required_shares
    from core.fct_gap_cells as c
    inner join core.dim_cell_places as p on c.month = p.month and c.unit_id = p.unit_id
    where not p.is_own
    group by p.node_id, c.month, c.rule, c.competency_id, c.job_title_id
),

titles as (
    select node_id, month, attribute_value as job_title_id, is_hidden
    from core.fct_cell_privacy
    where table_name = 'headcount' and attribute = 'title' and not is_own and (is_hidden or people > 0)
),

-- heads of a node, and titles that are hidden there
heads as (
    select h.node_id, h.month, any_value(h.people) as heads, count(t.node_id) filter (t.is_hidden) as hidden_titles
    from core.fct_cell_privacy as h
    left join core.fct_cell_privacy as t
        on t.table_name = 'headcount' and t.attribute = 'title' and not t.is_own and t.people > 0 and h.node_id = t.node_id and h.month = t.month
    where h.table_name = 'headcount' and h.attribute = '' and not h.is_own
    group by h.node_id, h.month
),

-- hidden titles that something is required of
required_titles as (
    select s.ancestor_id, s.month, s.rule, s.competency_id, count(*) filter (t.is_hidden) as hidden_titles
    from sums as s
    inner join titles as t on s.ancestor_id = t.node_id and s.month = t.month and s.job_title_id = t.job_title_id
    where s.job_title_id <> ''
    group by s.ancestor_id, s.month, s.rule, s.competency_id
),

judged as (
    select
        s.ancestor_id,
        s.month,
        s.rule,
        s.competency_id,
        s.job_title_id,
        s.people,
        s.assessed_people,
        s.pairs,
        s.assessed_pairs,
        s.proficient_pairs,
        s.gap,
        s.surplus,
        s.required,
        s.shares,
        s.required_shares,
        coalesce(r.is_hidden, true) or coalesce(t.is_hidden, false)              as is_hidden,
        -- where titles are not told apart, any of the hidden ones may be among them
        s.job_title_id = '' and s.people < h.heads and h.hidden_titles > 0
        and (q.ancestor_id is null or q.hidden_titles between 1 and h.hidden_titles - 1) as is_vague,
        -- a cell can be hidden because nobody is in it: that is not told either
        coalesce(g.is_hidden, s.assessed_people > 0)                             as is_found_hidden,
        s.assessed_people > 0 and not coalesce(g.is_hidden, true)                as is_found,
        coalesce(g.is_range, false)                                              as is_range,
        g.numerator_low,
        g.numerator_high,
        s.gap / nullif(s.required, 0)                                            as gap_index
    from sums as s
    left join core.fct_cell_privacy as r
        on r.table_name = 'gap_required' and r.measure = s.competency_id and not r.is_own and r.node_id = s.ancestor_id and r.month = s.month
        and r.attribute = case when s.job_title_id = '' then '' else 'title' end and r.attribute_value = s.job_title_id
    left join core.fct_cell_privacy as g
        on g.table_name = 'gaps' and g.measure = s.rule || '|' || s.competency_id and not g.is_own and g.node_id = s.ancestor_id and g.month = s.month
        and g.attribute = case when s.job_title_id = '' then '' else 'title' end and g.attribute_value = s.job_title_id
    left join titles as t on s.ancestor_id = t.node_id and s.month = t.month and s.job_title_id = t.job_title_id
    left join heads as h on s.ancestor_id = h.node_id and s.month = h.month
    left join required_titles as q on s.ancestor_id = q.ancestor_id and s.month = q.month and s.rule = q.rule and s.competency_id = q.competency_id
),

told as (
    select *, case when not is_found_hidden then assessed_people else 0 end as assessed_told
    from judged
),

-- of all competencies: how many are hidden, and whether so many people that their sum tells of none
summed as (
    select
        j.ancestor_id,
        j.month,
        j.rule,
        j.job_title_id,
        bool_or(j.is_vague)                                                  as is_vague,
        bool_or(j.is_hidden)                                                 as has_hidden,
        bool_or(j.is_hidden or j.is_found_hidden)                            as has_found_hidden,
        count(*) filter (j.is_hidden) >= 2
        and sum(j.people) filter (j.is_hidden) >= any_value(s.min_people)
        and sum(case when j.people < s.min_people then s.min_people - 1 - j.people else 2 end) filter (j.is_hidden) >= 2 as is_enough,
        count(*) filter (j.is_hidden or j.is_found_hidden) >= 2
        and sum(j.assessed_people) filter (j.is_hidden or j.is_found_hidden) >= any_value(s.min_people)
        and sum(case when j.assessed_people < s.min_people then s.min_people - 1 - j.assessed_people else 2 end) filter (j.is_hidden or j.is_found_hidden) >= 2
            as is_found_enough
    from judged as j
    cross join core.dim_settings as s
    where j.competency_id <> ''
    group by j.ancestor_id, j.month, j.rule, j.job_title_id
),

bounded as (
    select
        ancestor_id,
        month,
        rule,
        job_title_id,
        competency_id,
        case when not is_found then 0 when is_range then numerator_low else proficient_pairs end                as proficient_low,
        case when not is_found then assessed_pairs when is_range then numerator_high else proficient_pairs end  as proficient_high
    from judged
),

-- over all competencies no closer than each of them is told
totals as (
    select ancestor_id, month, rule, job_title_id, sum(proficient_low)::bigint as proficient_low, sum(proficient_high)::bigint as proficient_high
    from bounded
    where competency_id <> ''
    group by ancestor_id, month, rule, job_title_id
)

select
    'as_was'                                                                            as view_name,
    j.ancestor_id,
    j.month,
    j.rule,
    j.job_title_id,
    j.competency_id,
    case when not j.is_hidden then case when j.is_vague then greatest(j.people - j.people % 5, j.assessed_told) else j.people end end as required_n,
    case
        when j.is_hidden then null
        when j.competency_id <> '' then case when j.is_vague then greatest(j.pairs - j.pairs % 5, j.assessed_told) else j.pairs end
        when not a.has_hidden or j.ancestor_id = '*' and j.job_title_id = '' and a.is_enough
            then case when a.is_vague then greatest(j.pairs - j.pairs % 5, case when not a.has_found_hidden then j.assessed_pairs end) else j.pairs end
    end                                                                                 as pairs,
    case when not j.is_hidden and not j.is_found_hidden then j.assessed_people end      as assessed_n,
    case
        when j.is_hidden or j.is_found_hidden then null
        when j.competency_id <> '' or not a.has_found_hidden or j.ancestor_id = '*' and j.job_title_id = '' and a.is_found_enough then j.assessed_pairs
    end                                                                                 as assessed_pairs,
    case when not j.is_hidden and j.is_found and j.gap_index >= 0.05 then round(j.gap_index, 2) end as gap_index,
    case when not j.is_hidden and j.is_found then j.gap_index < 0.05 end                as is_index_low,
    case when not j.is_hidden and j.is_found then round(j.surplus / nullif(j.required, 0), 2) end   as surplus_index,
    case when not j.is_hidden and j.is_found then case when j.competency_id = '' then t.proficient_low else b.proficient_low end end   as proficient_low,
    case when not j.is_hidden and j.is_found then case when j.competency_id = '' then t.proficient_high else b.proficient_high end end as proficient_high,
    case when not j.is_hidden and j.is_found then round(j.shares / j.assessed_pairs, 2) end         as level_share,
    case when not j.is_hidden then round(j.required_shares / j.pairs, 2) end            as required_share,
    j.is_found_hidden,
    case when not j.is_hidden then case when j.is_vague then greatest(j.people - j.people % 5, j.assessed_told) else j.people end end as people_n,
    j.is_hidden
from told as j
left join summed as a on j.ancestor_id = a.ancestor_id and j.month = a.month and j.rule = a.rule and j.job_title_id = a.job_title_id
inner join bounded as b
    on j.ancestor_id = b.ancestor_id and j.month = b.month and j.rule = b.rule and j.job_title_id = b.job_title_id and j.competency_id = b.competency_id
left join totals as t on j.ancestor_id = t.ancestor_id and j.month = t.month and j.rule = t.rule and j.job_title_id = t.job_title_id
-- a page asks for one node and month
order by j.ancestor_id, j.month, j.rule, j.job_title_id, j.competency_id
