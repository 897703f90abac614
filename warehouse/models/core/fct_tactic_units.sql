-- Grain: one unit's part in a tactic, with the day from which it was exposed: stated, else
-- that of its wave, else the tactic's launch. A stated time of assignment counts
-- only from a trusted log.
select
    u.tactic_id,
    u.unit_id,
    u.arm,
    u.wave,
    case when s.is_trusted_log and u.assigned_at is not null then u.assigned_at else u.recorded_at end        as assigned_at,
    coalesce(s.is_trusted_log and u.assigned_at is not null, false)                                          as is_assigned_at_trusted,
    coalesce(u.exposed_from_date, w.start_date, case when u.arm = 'treated' then t.launch_date end)          as exposed_from_date,
    coalesce(u.exposed_to_date, t.ended_date + 1)                                                            as exposed_to_date,
    coalesce(u.is_chosen_on_dial, false)                                                                     as is_chosen_on_dial,
    u.selection_from_date,
    u.selection_to_date
from staging.tactic_unit as u
inner join core.dim_tactics as t on u.tactic_id = t.tactic_id
left join core.dim_sources as s on u.source = s.source
left join (
    select tactic_id, wave, min(start_date) as start_date
    from core.panel_waves
    group by tactic_id, wave
) as w on u.tactic_id = w.tactic_id and u.wave = w.wave
qualify row_number() over (partition by u.tactic_id, u.unit_id order by coalesce(s.position, 1000000), u.source) = 1
