-- Grain: one note between reviews, its text left out, as each source states it now.
select
    review_note_id,
    person_id,
    author_id,
    noted_date,
    kind,
    source,
    stated_at,
    recorded_at
from raw.review_note
where superseded_at is null and deleted_at is null
