-- Grain: one tactic: what it is, whom it reached, what it cost, whether it is linked.
-- is_hidden: too few people for counts of them; is_cost_hidden: too few, or one with
-- more than half, for the loaded cost, which pay is in; is_direct_cost_hidden: the same
-- for what an incentive paid.
-- is_reached_hidden: so few completed it, or did not, that a count is about them.
-- is_hours_hidden: the hours of too few people, or one with more than half of them.
-- hide: eligible_people, reached_people, people_n, participant_hours where is_hidden
-- hide: reached_people where is_reached_hidden
-- hide: participant_hours where is_hours_hidden
-- hide: loaded_cost_amount where is_cost_hidden
-- hide: direct_cost_amount where is_direct_cost_hidden
with links as (
    select
        tactic_id,
        count(*)                                as links,
        count(*) filter (where is_approved)     as approved_links,
        max(completeness)                       as completeness
    from core.fct_tactic_links
    group by tactic_id
),

people as (
    select
        tactic_id,
        count(*) filter (where is_eligible)                                   as eligible,
        count(*) filter (where is_eligible and completed_date is not null)    as reached,
        count(*) filter (where completed_date is not null)                    as completed,
        count(*) filter (where coalesce(arm, 'treated') = 'treated')          as people
    from core.fct_tactic_participants
    group by tactic_id
),

units as (
    select
        u.tactic_id,
        count(*) filter (where u.arm = 'treated')                                                        as eligible,
        count(*) filter (where u.arm = 'treated' and u.exposed_from_date <= h.as_of_date)                as reached
    from core.fct_tactic_units as u
    cross join core.dim_horizon as h
    group by u.tactic_id
)

select
    t.tactic_id,
    t.name,
    t.tactic_type,
    t.approved_date,
    t.launched_date,
    t.launch_date,
    t.launched_month,
    t.ended_date,
    t.wave_count,
    t.wave_months,
    -- at most one session, nothing afterwards, aimed at nothing
    coalesce(t.sessions_planned <= 1, false) and not t.has_follow_up and coalesce(l.approved_links, 0) = 0 as is_one_off,
    coalesce(l.links, 0)                                              as links,
    coalesce(l.approved_links, 0)                                     as approved_links,
    l.completeness,
    coalesce(l.approved_links, 0) = 0                                 as is_orphan,
    coalesce(p.eligible, 0)                                           as eligible_people,
    -- nobody is known to have completed what nobody completes, such as a reorganisation
    case when p.completed > 0 or t.tactic_type = 'training' then p.reached end as reached_people,
    coalesce(u.eligible, 0)                                           as eligible_units,
    coalesce(u.reached, 0)                                            as reached_units,
    c.direct_cost_amount,
    c.participant_hours,
    c.loaded_cost_amount,
    c.currency                                                        as cost_currency,
    c.missing_rate_lines,
    case
        when t.currency = c.currency then t.planned_cost_amount
        else (t.planned_cost_amount * f.rate)::decimal(18, 4)
    end                                                               as planned_cost_amount,
    greatest(coalesce(p.people, 0), coalesce(p.eligible, 0))          as people_n,
    coalesce(greatest(p.people, p.eligible) between 1 and s.min_people - 1, false)                                     as is_hidden,
    coalesce(p.reached between 1 and s.min_people - 1 or p.eligible - p.reached between 1 and s.min_people - 1, false) as is_reached_hidden,
    c.participants > 0 and (c.participants < s.min_people or c.is_dominated)                                           as is_hours_hidden,
    (c.participants > 0 and (c.participants < s.min_people_pay or c.is_dominated))
    or (c.payees > 0 and (c.payees < s.min_people_pay or c.is_pay_dominated))                                         as is_cost_hidden,
    c.payees > 0 and (c.payees < s.min_people_pay or c.is_pay_dominated)                                              as is_direct_cost_hidden
from core.dim_tactics as t
cross join core.dim_settings as s
inner join core.fct_tactic_costs as c on t.tactic_id = c.tactic_id
left join links as l on t.tactic_id = l.tactic_id
left join people as p on t.tactic_id = p.tactic_id
left join units as u on t.tactic_id = u.tactic_id
left join core.fct_fx_daily as f on t.currency = f.currency and coalesce(t.approved_date, t.launch_date) = f.day
