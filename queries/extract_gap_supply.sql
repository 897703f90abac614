-- Extract: gap_supply. One row per reference month and competency of the whole company.
-- class: aggregate
-- topic: competency
-- scope: company
-- people: people_n
select month, competency_id, required_n, assessed_n, proficient_n, exits, person_years, pipeline_n, below_n, reached_n, stayed_n, demand_6,
  demand_12, demand_24, is_planned, people_n, is_hidden
from marts.gap_supply
where ($from is null or month >= $from) and ($to is null or month < $to)
order by month, competency_id
