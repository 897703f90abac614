-- Grain: one review with a rating and what full-time base pay did in the twelve months after it, as a share; only
-- where those twelve months are over and the person was employed at both ends. Currencies stay their own. Promotions
-- (a change reason that says so) are left out: the rise is of the same job.
with rated as (
    select
        r.review_id,
        r.person_id,
        r.month,
        r.unit_id,
        r.held_date,
        (r.held_date + interval 1 year)::date as later_date,
        r.band
    from core.fct_review_ratings as r
    cross join core.dim_horizon as h
    where r.held_date + interval 1 year <= h.as_of_date
    qualify row_number() over (partition by r.person_id, r.month order by r.held_date desc, r.review_id) = 1
),

pay as (
    select
        e.person_id,
        c.base_amount::double / coalesce(nullif(c.fte_basis, 0), 1)
        * case c.per when 'hour' then 2080 when 'day' then 260 when 'week' then 52 when 'fortnight' then 26 when 'month' then 12 else 1 end as amount,
        upper(c.currency)                            as currency,
        lower(c.change_reason)                       as change_reason,
        coalesce(c.valid_from, date '1900-01-01')    as valid_from,
        coalesce(c.valid_to, date '9999-12-31')      as valid_to
    from staging.compensation as c
    inner join core.fct_employments as e on c.employment_id = e.employment_id
    where e.is_employee
)

select
    r.review_id,
    r.person_id,
    r.month,
    r.unit_id,
    r.band,
    b.amount / a.amount - 1 as rise
from rated as r
inner join pay as a on r.person_id = a.person_id and a.valid_from <= r.held_date and a.valid_to > r.held_date
inner join pay as b on r.person_id = b.person_id and a.currency = b.currency and b.valid_from <= r.later_date and b.valid_to > r.later_date
left join (
    select person_id, valid_from
    from pay
    where change_reason like '%promotion%'
) as p on r.person_id = p.person_id and p.valid_from > r.held_date and p.valid_from <= r.later_date
where p.person_id is null and a.amount > 0
qualify row_number() over (partition by r.review_id order by a.valid_from desc, b.valid_from desc) = 1
