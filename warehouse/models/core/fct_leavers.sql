-- Grain: one person whose employments have all ended, with the last day on which they did. Of who
-- was ever an employee, employments of other kinds do not count.
select person_id, max(term_date) as left_date
from core.fct_employments
where is_employee or person_id not in (select person_id from core.fct_employments where is_employee)
group by person_id
having count(*) = count(term_date)
