-- Grain: one tactic, what it has cost to date in the base currency.
-- Direct: cost lines of the tactic, those of its course where it alone uses the
-- course, and the pay lines of an incentive. Loaded: direct and the hours of those
-- treated, each at the person's loaded rate of the year, else the company's. Where
-- nobody spends hours, as with an incentive, loaded is direct; where hours are spent
-- and they or their rate are unknown, loaded is unknown.
-- hide: direct_cost_amount, loaded_cost_amount where is_pay_dominated
with owners as (
    select course_id, min(tactic_id) as tactic_id
    from core.dim_tactics
    where course_id is not null
    group by course_id
    having count(*) = 1
),

cost_lines as (
    select coalesce(c.tactic_id, o.tactic_id) as tactic_id, c.amount, c.is_rate_missing, null as payee_id
    from core.fct_learning_costs as c
    left join owners as o on c.course_id = o.course_id and c.tactic_id is null

    union all

    select
        l.tactic_id,
        l.amount * case when upper(l.currency) = s.base_currency then 1 else f.rate end,
        upper(l.currency) is distinct from s.base_currency and f.rate is null,
        l.source || ':' || l.person_id
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    cross join core.dim_settings as s
    left join core.fct_fx_daily as f on upper(l.currency) = f.currency and coalesce(r.pay_date, r.period_end_date) = f.day
    where l.tactic_id is not null and r.status = 'posted'
),

direct as (
    select
        tactic_id,
        sum(amount)                                  as amount,
        count(*) filter (where is_rate_missing)      as missing_rate_lines,
        count(distinct payee_id)                     as payees
    from cost_lines
    where tactic_id is not null
    group by tactic_id
),

-- one person with more than half of what an incentive paid
payees as (
    select tactic_id, max(amount) > 0.5 * sum(amount) as is_dominated
    from (
        select tactic_id, payee_id, abs(sum(amount)) as amount
        from cost_lines
        where payee_id is not null
        group by tactic_id, payee_id
    )
    group by tactic_id
),

-- hours as registered, else the course's own for each who completed it
spent as (
    select
        p.tactic_id,
        p.person_id,
        coalesce(p.completed_date, p.offered_date, t.launch_date)                                       as day,
        coalesce(p.hours, case when p.completed_date is not null then c.duration_hours end)             as hours,
        t.tactic_type = 'training' and p.completed_date is not null                                     as is_spent
    from core.fct_tactic_participants as p
    inner join core.dim_tactics as t on p.tactic_id = t.tactic_id
    left join (select course_id, max(duration_hours) as duration_hours from staging.course group by course_id) as c
        on t.course_id = c.course_id
    where coalesce(p.arm, 'treated') = 'treated'
),

first_year as (
    select min(year) as first_year, max(year) as last_year
    from core.fct_loaded_rates
),

-- before and after the payroll's years, the nearest year's rate
priced as (
    select
        h.tactic_id,
        h.person_id,
        h.hours,
        h.hours * coalesce(r.loaded_rate_amount, a.loaded_rate_amount) as hours_amount
    from spent as h
    cross join first_year as y
    left join core.fct_loaded_rates as r on h.person_id = r.person_id and least(greatest(year(h.day), y.first_year), y.last_year) = r.year
    left join core.fct_loaded_rates as a on a.person_id = '*' and least(greatest(year(h.day), y.first_year), y.last_year) = a.year
    where h.hours > 0 or h.is_spent
),

hours as (
    select
        tactic_id,
        sum(hours)                                                    as participant_hours,
        count(distinct person_id)                                     as people,
        sum(hours_amount)                                             as hours_amount,
        bool_or(hours_amount is null)                                 as is_unknown,
        coalesce(max(hours_amount) > 0.5 * sum(hours_amount), false)
        or coalesce(max(hours) > 0.5 * sum(hours), false)             as is_dominated
    from priced
    group by tactic_id
)

select
    t.tactic_id,
    d.amount::decimal(18, 4)                                                as direct_cost_amount,
    coalesce(d.missing_rate_lines, 0)                                       as missing_rate_lines,
    h.participant_hours,
    coalesce(h.people, 0)                                                   as participants,
    coalesce(h.is_dominated, false)                                         as is_dominated,
    coalesce(d.payees, 0)                                                   as payees,
    coalesce(y.is_dominated, false)                                         as is_pay_dominated,
    case
        when h.tactic_id is null then d.amount
        when not h.is_unknown then coalesce(d.amount, 0) + h.hours_amount
    end::decimal(18, 4)                                                     as loaded_cost_amount,
    s.base_currency                                                         as currency
from core.dim_tactics as t
cross join core.dim_settings as s
left join direct as d on t.tactic_id = d.tactic_id
left join hours as h on t.tactic_id = h.tactic_id
left join payees as y on t.tactic_id = y.tactic_id
