-- Competency gaps as they were shown when somebody froze them under a name. Nothing of
-- them changes afterwards.
create table meta.gap_snapshot (
    snapshot_id   bigint not null,
    name          varchar not null,
    made_at       timestamp not null,
    made_by       varchar not null,
    note          varchar,
    month         date not null -- of what was frozen
);

-- One cell of one snapshot: what marts.gaps said of it.
create table meta.gap_snapshot_cell (
    snapshot_id    bigint not null,
    view_name      varchar not null,
    ancestor_id    varchar not null,
    month          date not null,
    job_title_id   varchar not null,
    competency_id  varchar not null,
    required_n     bigint,
    assessed_n     bigint,
    pairs          bigint,
    assessed_pairs bigint,
    gap_index      double,
    is_index_low   boolean,
    proficient_low bigint,
    proficient_high bigint,
    people_n       bigint,
    is_hidden      boolean not null
);
