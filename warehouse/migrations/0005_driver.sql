-- What the driver knows: full walks of incremental streams, sources that create
-- people, and which rejected rows were replayed.
alter table meta.cursor add column full_at timestamp;        -- of the last walk that began at nothing
alter table meta.cursor add column full_rows bigint;         -- records that it came to
alter table meta.run add column is_full boolean;
alter table meta.source add column creates_people boolean;   -- null where no source says so
alter table meta.rejected_row add column replayed_run_id bigint;
