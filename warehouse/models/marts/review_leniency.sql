-- Grain: one reviewer (person_id) and fiscal year with five ratings or more: how far their ratings are from what the
-- same job families get, shrunken towards none where they are few. n ÷ (n + 10) · mean of (rating − mean of the
-- family) ÷ standard deviation of the family. Differences may be real.
with standardised as (
    select
        reviewer_id,
        fiscal_year,
        month,
        (rating - avg(rating) over family_year) / nullif(stddev_samp(rating) over family_year, 0) as z
    from core.fct_review_ratings
    where reviewer_id is not null
    window family_year as (partition by family, fiscal_year)
)

select
    reviewer_id                                       as person_id,
    fiscal_year,
    month,
    count(*)                                          as ratings,
    avg(z)                                            as difference,
    count(*) / (count(*) + 10.0) * avg(z)             as leniency
from standardised
where z is not null
group by reviewer_id, fiscal_year, month
having count(*) >= 5
order by 1, 2
