-- Extract: tactics. One row per tactic: what it is and how well it is linked.
-- class: none
-- topic: portfolio
-- people: none
select t.tactic_id, t.name, t.tactic_type, t.approved_date, t.launched_date, t.ended_date, t.wave_count::integer as wave_count,
  t.wave_months, t.is_one_off, t.links::integer as links, t.approved_links::integer as approved_links,
  t.completeness::integer as completeness, t.is_orphan, p.need_id, p.need_title, p.need_opened_date,
  p.days_to_first_tactic::integer as days_to_first_tactic, p.is_solution_first, t.eligible_units::integer as eligible_units,
  t.reached_units::integer as reached_units
from marts.tactics t
left join marts.portfolio_tactics p on p.tactic_id = t.tactic_id
where $tactic is null or t.tactic_id = $tactic
order by t.tactic_id
