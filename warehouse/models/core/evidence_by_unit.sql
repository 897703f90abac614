-- Grain: one evidence run that judged a dial of people by units. is_probe: with an earlier run over some of the same
-- treated units, but other arms, it would give single units and months back: two effects less each other are what one
-- unit, or one month, adds. So a unit is treated in one told run, or in runs that compare the same; a tactic may grow by
-- as many units as an arm needs. Runs count for ever, also those of tactics that are gone.
with runs as (
    select
        e.evidence_run_id,
        e.run_number,
        e.tactic_link_id,
        m.computed_from,
        least(e.treated, e.comparison) >= 5                                                             as is_large,
        e.design is not null                                                                            as is_estimated,
        e.arms,
        list_transform(list_filter(e.arms, lambda a: split_part(a, chr(31), 2) <> ''), lambda a: split_part(a, chr(31), 1)) as units
    from core.evidence_runs as e
    inner join core.dim_metrics as m on e.metric_id = m.metric_id
    where m.computed_from is not null and not e.is_people
),

probes as (
    select distinct r.evidence_run_id
    from runs as r
    inner join runs as q on r.computed_from = q.computed_from
    where q.run_number < r.run_number
        and q.is_large
        and q.is_estimated
        and q.arms <> r.arms
        and list_has_any(q.units, r.units)
        and not (q.tactic_link_id = r.tactic_link_id and list_has_all(r.arms, q.arms) and len(r.arms) >= len(q.arms) + 5)
)

select
    r.evidence_run_id,
    r.is_estimated and (p.evidence_run_id is not null or r.arms is null) as is_probe
from runs as r
left join probes as p on r.evidence_run_id = p.evidence_run_id
