-- Grain: one person's estimate of what a tactic contributed to a dial, as a share
-- of one. Who was asked and has not answered counts as nothing.
select
    c.tactic_id,
    c.metric_id,
    c.respondent,
    c.respondent_type = 'manager'                                                        as is_manager,
    case
        when c.answered_date is null then 0
        else greatest(0, least(1, c.contribution_pct / 100)) * greatest(0, least(1, c.confidence_pct / 100))
    end                                                                                  as share
from staging.contribution_estimate as c
left join core.dim_sources as s on c.source = s.source
qualify row_number() over (
    partition by c.tactic_id, c.metric_id, c.respondent order by coalesce(s.position, 1000000), c.source
) = 1
