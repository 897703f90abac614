-- Grain: one change that somebody made of the register in Dials: who, when, before and after.
-- Persons whom an entry names are not told: neither owners nor who answered.
select
    c.change_id,
    c.changed_at,
    c.stream,
    c.action,
    case when c.stream = 'contribution_estimate' then json_merge_patch(c.entry_key, '{"respondent":"somebody"}') else c.entry_key end as entry_key,
    case
        when b.person_id is not null then json_merge_patch(c.before, '{"owner_id":"a person"}')
        when d.person_id is not null then json_merge_patch(c.before, '{"business_owner_id":"a person"}')
        else c.before
    end                                                                                                                             as before,
    case
        when a.person_id is not null then json_merge_patch(c.after, '{"owner_id":"a person"}')
        when e.person_id is not null then json_merge_patch(c.after, '{"business_owner_id":"a person"}')
        else c.after
    end                                                                                                                             as after,
    c.declared_by,
    c.actor,
    c.note
from staging.register_changes as c
left join core.dim_people as b on c.before ->> 'owner_id' = b.person_id
left join core.dim_people as a on c.after ->> 'owner_id' = a.person_id
left join core.dim_people as d on c.before ->> 'business_owner_id' = d.person_id
left join core.dim_people as e on c.after ->> 'business_owner_id' = e.person_id
where c.stream <> 'person_xref'  -- whose an identifier is, is told to those alone who match them
