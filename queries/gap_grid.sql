-- Page: /gaps. One row per title and competency required now, of the titles asked for.
-- topic: competency
-- class: none
-- people: none
select job_title_id, competency_id, max(weight) as weight, max(required_share) as required_share
from marts.requirements
where is_current and job_title_id in (select unnest(string_split($titles, chr(31))))
group by job_title_id, competency_id
order by job_title_id, competency_id
