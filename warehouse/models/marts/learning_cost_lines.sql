-- Grain: one cost line of learning that is for no person, or all lines for persons of one course, type and month
-- (cost_id is empty). amount is empty where its currency has no rate that day. is_aligned: the course
-- reaches a competency that an objective asks for on that day.
with lines as (
    select
        case when l.person_id is null then l.cost_id end                                       as cost_id,
        case when l.person_id is null then l.cost_date else date_trunc('month', l.cost_date)::date end as cost_date,
        l.cost_type,
        coalesce(l.course_id, t.course_id)                                                     as course_id,
        l.tactic_id,
        l.unit_id                                                                              as for_unit,
        l.amount,
        l.is_rate_missing,
        l.stated_currency,
        l.stated_amount,
        l.currency,
        l.person_id
    from core.fct_learning_costs as l
    left join core.dim_tactics as t on l.tactic_id = t.tactic_id
)

select
    l.cost_id,
    l.cost_date,
    l.cost_type,
    l.course_id,
    c.name                                                                 as course_name,
    l.tactic_id,
    any_value(t.name)                                                      as tactic_name,
    l.for_unit,
    any_value(u.name)                                                      as for_unit_name,
    case when not (count(distinct l.person_id) between 1 and s.min_people_pay - 1) then sum(l.amount)::double end        as amount,
    case when count(distinct l.person_id) = 0 then sum(l.stated_amount)::double end                                      as stated_amount,
    case when count(distinct l.person_id) = 0 then any_value(l.stated_currency) end                                      as stated_currency,
    l.currency                                                             as cost_currency,
    count(*) filter (where l.is_rate_missing)                              as missing_rate_lines,
    bool_or(a.course_id is not null)                                       as is_aligned,
    nullif(count(distinct l.person_id), 0)                                 as people_n,
    count(distinct l.person_id) between 1 and s.min_people_pay - 1         as is_hidden
from lines as l
cross join core.dim_settings as s
left join core.dim_courses as c on l.course_id = c.course_id
left join core.dim_tactics as t on l.tactic_id = t.tactic_id
left join core.dim_units as u on l.for_unit = u.unit_id
left join core.fct_course_alignment as a on l.course_id = a.course_id and l.cost_date >= a.from_date and l.cost_date < a.to_date
group by l.cost_id, l.cost_date, l.cost_type, l.course_id, c.name, l.tactic_id, l.for_unit, l.currency, s.min_people_pay
