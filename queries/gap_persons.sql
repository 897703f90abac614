-- Page: /gaps/cell. One row per employee of a title ('' is all) who a competency is required of, those furthest below first.
-- topic: competency
-- class: person
-- people: none
select person_id, unit_id, job_title_id, required_share, stated_share, manager_share, peers_share, self_share, basis
from marts.gap_people semi join scoped_people using (person_id)
where competency_id = $competency and ($title = '' or job_title_id = $title)
order by coalesce(stated_share - required_share, 0), person_id
limit 500
