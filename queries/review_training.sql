-- Page: /reviews. One row per measure, of the whole company: what followed when managers were trained, against managers who were not.
-- topic: reviews
-- class: aggregate
-- scope: everyone
-- people: people_n
select measure, trained_n, compared_n, effect, low, high, mde, people_n, is_hidden
from marts.review_training
order by measure desc
