-- Page: /impact, /tactics. One row per tactic and dial, the best known first: what is believed now.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select e.evidence_run_id, e.tactic_link_id, e.tactic_id, e.metric_id, e.computed_at, e.data_as_of, e.rung, e.result, e.is_claim,
  e.joint_with, e.caps, e.missing, e.how_we_know, e.mind_change, e.next_step, e.reason, e.design, e.design_rule, e.runners_up,
  e.is_overridden, e.estimand, e.scale, e.effect, e.std_error, e.df, e.p_value, e.low, e.high, e.level, e.mde, e.worth,
  e.effect_metric, e.naive, e.counterfactual, e.unit_months, e.benefit_low_amount, e.benefit_amount, e.benefit_currency,
  e.benefit_basis, e.share_of_change,
  e.treated, e.comparison, e.is_people, e.months_before, e.months_after, e.first_month, e.launched_month, e.last_month,
  e.reporting, e.tests, e.rejected, e.wave_months, e.settings::varchar as settings, e.command, e.fingerprint,
  d.base_unit_type, e.people_n, e.is_hidden
from marts.evidence e
left join marts.dials d on d.metric_id = e.metric_id
order by e.rung desc, e.is_claim desc, abs(e.effect) / nullif(e.std_error, 0) desc nulls last, e.tactic_id, e.metric_id, e.tactic_link_id
