-- Page: /matches. One row per identifier that is nobody's, or that somebody matched in Dials; the latter last.
-- topic: trust
-- class: person
-- scope: company
-- people: none
select coalesce(matched_person, nearly_person) as person_id, used_for, source, legal_entity, value, nearly,
  matched_person is not null as is_matched, matched_at
from marts.id_matching
where ($source = '' or source = $source)
  and coalesce(matched_person, nearly_person, '') in (select person_id from scoped_people union all select '')
order by is_matched, source, used_for, nearly_person is null, value
limit 501
