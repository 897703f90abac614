-- Page: /reviews/leniency. One row per reviewer and fiscal year: how far their ratings are from those of the same job
-- families, shrunken where they are few. Differences may be real.
-- topic: workforce
-- class: person
-- view: leniency
-- people: none
select person_id, fiscal_year, ratings, difference, leniency
from marts.review_leniency
where person_id in (select person_id from scoped_people)
order by fiscal_year desc, leniency desc, person_id
