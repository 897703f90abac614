-- Grain: one version of one unit. The versions of a unit cover all days without
-- gap or overlap, so that every fact has one place in the tree: the first version
-- also holds before its start and the last one after its end, for late facts.
with known as (
    select max(recorded_at)::date as known_date
    from staging.org_unit
),

trusted as (
    select
        u.unit_id,
        u.name,
        u.unit_type,
        u.parent_id,
        coalesce(u.valid_from, date '1900-01-01') as valid_from,
        u.valid_to
    from staging.org_unit as u
    left join core.dim_sources as s on u.source = s.source
    qualify dense_rank() over (partition by u.unit_id order by coalesce(s.position, 1000000), u.source) = 1
)

select
    t.unit_id,
    coalesce(t.name, t.unit_id)               as name,
    t.unit_type,
    p.unit_id                                 as parent_id,     -- an unknown parent is none
    case when row_number() over (partition by t.unit_id order by t.valid_from) = 1 then date '1900-01-01' else t.valid_from end as valid_from,
    coalesce(lead(t.valid_from) over (partition by t.unit_id order by t.valid_from), date '9999-12-31') as valid_to,
    t.valid_from                              as stated_from,
    t.valid_to                                as stated_to,
    -- a version that starts after the day on which we learned of it is not yet in force
    row_number() over (
        partition by t.unit_id
        order by t.valid_from > k.known_date, case when t.valid_from <= k.known_date then t.valid_from end desc, t.valid_from
    ) = 1                                     as is_latest,
    t.valid_from <= k.known_date and coalesce(t.valid_to > k.known_date, true) as is_in_force
from trusted as t
cross join known as k
left join (select distinct unit_id from trusted) as p on case when t.parent_id <> t.unit_id then t.parent_id end = p.unit_id
