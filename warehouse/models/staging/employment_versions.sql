-- Grain: one version of one record of an employment, the superseded ones as well: they say what was known when.
select
    employment_id,
    person_id,
    term_date,
    is_voluntary,
    valid_from,
    source,
    stated_at,
    recorded_at,
    superseded_at,
    deleted_at is not null as is_deleted
from raw.employment
