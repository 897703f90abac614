-- Extract: review_training. One row per measure of the whole company.
-- class: aggregate
-- topic: reviews
-- scope: everyone
-- people: people_n
select measure, trained_n, compared_n, effect, low, high, mde, people_n, is_hidden
from marts.review_training
order by measure
