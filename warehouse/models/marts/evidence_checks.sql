-- Grain: one gate, cap or check of the last evidence run of its tactic and dial.
select
    c.evidence_run_id,
    c.position,
    c.rung,
    c.is_cap,
    c.name,
    c.status,
    c.measure,
    c.value,
    c."limit",
    c.is_least,
    c.words,
    r.tactic_link_id,
    r.tactic_id,
    r.metric_id,
    r.people_n,
    r.is_hidden
from core.evidence_checks as c
inner join marts.evidence as r on c.evidence_run_id = r.evidence_run_id
