-- Page: /matches. One row if there is such a person, for who confirms a match.
-- topic: trust
-- class: person
-- scope: company
-- people: none
select person_id
from scoped_people
where person_id = $person
limit 1
