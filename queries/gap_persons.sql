-- Page: /gaps/cell. One row per employee of a title ('' is all) and competency ('' is all) that is required of them, those furthest below first.
-- topic: competency
-- class: person
-- people: none
select person_id, unit_id, job_title_id, competency_id, required_share, stated_share, manager_share, peers_share, self_share, basis
from marts.gap_people semi join scoped_people using (person_id)
where ($competency = '' or competency_id = $competency) and ($title = '' or job_title_id = $title)
order by coalesce(stated_share - required_share, 0), person_id, competency_id
limit 500
