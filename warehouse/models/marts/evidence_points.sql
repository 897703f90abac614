-- Grain: one point of a curve of the last evidence run of its tactic and dial. Curves of
-- dials of people that were judged by units are left out: they would give units back.
-- of_unit: the unit whose name a group bears, where no other bears it; without one it is for readers of the company.
select
    c.evidence_run_id,
    c.position,
    c.kind,
    c.name,
    c.x,
    c.month,
    c.value,
    c.other,
    c.low,
    c.high,
    r.tactic_link_id,
    r.tactic_id,
    r.metric_id,
    r.people_n,
    r.is_hidden,
    case when c.kind = 'group-unit' then u.unit_id end as of_unit
from core.evidence_points as c
inner join marts.evidence as r on c.evidence_run_id = r.evidence_run_id
left join (
    select coalesce(name, unit_id) as called, min(unit_id) as unit_id
    from core.dim_units
    group by called
    having count(*) = 1
) as u on c.name = u.called
where not r.is_by_unit or c.kind in ('wave', 'rival', 'kept', 'retention', 'benefit', 'average', 'beside', 'balance')
