-- Page: /gaps. One row per reference month and competency of the whole company: what a projection from there needs.
-- topic: competency
-- class: aggregate
-- scope: company
-- people: people_n
select month, competency_id, required_n, assessed_n, proficient_n, exits, person_years, pipeline_n, below_n, reached_n, stayed_n,
  demand_6, demand_12, demand_24, is_planned, people_n, is_hidden
from marts.gap_supply
order by month, competency_id
