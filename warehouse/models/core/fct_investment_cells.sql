-- Grain: one measure, reference month, unit and (attribute = '') all of its learners, or those at the front line
-- and the others (attribute frontline). measure is window|what|value: hours and cost of a window; self and
-- plans, completions and plan items of one's own wish and for customers; purpose, modality and kind, hours of a quarter.
with frontline as (
    select job_title_id, bool_or(is_frontline) as is_frontline
    from core.dim_job_titles
    group by job_title_id
),

placed as (
    select p.month, p.learner_id, p.unit_id, a.attribute, a.attribute_value
    from core.fct_learner_places as p
    left join frontline as f on p.job_title_id = f.job_title_id
    cross join lateral (
        values ('', ''), ('frontline', case when f.is_frontline then 'yes' else 'no' end)
    ) as a (attribute, attribute_value)
),

quarters as (
    select month, from_date, to_date
    from core.dim_learning_windows
    where window_id = 'cohort'
    order by month desc
    limit 8
),

mix as (
    select q.month, h.learner_id, x.what, x.value, sum(h.hours) as hours
    from core.fct_learning_hours as h
    inner join quarters as q on h.day >= q.from_date and h.day < q.to_date
    cross join lateral (values ('purpose', h.purpose), ('modality', h.modality), ('kind', h.kind)) as x (what, value)
    where h.hours > 0
    group by q.month, h.learner_id, x.what, x.value
),

plans as (
    select w.month, p.person_id as learner_id, count(*) as items, count(*) filter (where p.from_customer_feedback) as for_customers
    from staging.plan_item as p
    inner join core.dim_learning_windows as w on w.window_id = 'rolling-12' and coalesce(p.due_date, p.done_date) >= w.from_date
    group by w.month, p.person_id
),

measured as (
    select window_id || '|hours|' as measure, month, learner_id, 'people' as floor, hours, aligned_hours as part, hours * hours as square, null::bigint as items, null::bigint as items_done, true as has_frontline
    from core.fct_learner_investment
    where hours > 0

    union all

    select window_id || '|direct|', month, learner_id, 'pay', direct_amount, 0, direct_amount * direct_amount, null, null, true
    from core.fct_learner_investment
    where direct_amount > 0

    union all

    select window_id || '|time|', month, learner_id, 'pay', time_amount, 0, time_amount * time_amount, null, null, true
    from core.fct_learner_investment
    where time_amount > 0

    union all

    select window_id || '|self|', month, learner_id, 'people', null, null, null, completions, self_completions, false
    from core.fct_learner_investment
    where completions > 0

    union all

    select 'rolling-12|plans|', month, learner_id, 'people', null, null, null, items, for_customers, false
    from plans

    union all

    select 'quarter|' || what || '|' || value, month, learner_id, 'people', hours, null, null, null, null, false
    from mix
)

select
    m.measure,
    m.month,
    p.unit_id,
    p.attribute,
    p.attribute_value,
    min(m.floor)                                                        as floor,
    count(*)                                                            as people,
    case when any_value(m.items) is not null then count(*) filter (where m.items_done > 0) end as numerator,
    max(m.hours)::double                                                as largest,
    sum(m.hours)::double                                                as total,
    sum(m.part)::double                                                 as part,
    sum(m.square)::double                                               as square,
    sum(m.items)::bigint                                                as items,
    sum(m.items_done)::bigint                                           as items_done
from measured as m
inner join placed as p on m.month = p.month and m.learner_id = p.learner_id
where p.attribute = '' or m.has_frontline
group by m.measure, m.month, p.unit_id, p.attribute, p.attribute_value
