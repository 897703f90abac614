-- Grain: one held review with a rating on a known scale: the rating from 0 to 1, and the fifth of the scale (1 to 5).
select
    r.review_id,
    r.reviewer_id,
    r.person_id,
    r.month,
    r.fiscal_year,
    r.unit_id,
    r.held_date,
    coalesce(t.family, '(no family)')                                                            as family,
    (r.rating - s.low_value) / (s.high_value - s.low_value)                                      as rating,
    round((r.rating - s.low_value) / (s.high_value - s.low_value) * 4 + 1)::integer              as band
from core.fct_reviews as r
inner join (
    select scale_id, min(low_value) as low_value, max(high_value) as high_value
    from staging.scale
    group by scale_id
    having max(high_value) > min(low_value)
) as s on r.scale_id = s.scale_id
left join core.dim_title_names as t on r.job_title_id = t.job_title_id
where r.rating between s.low_value and s.high_value
