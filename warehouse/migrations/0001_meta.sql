-- What Dials knows about its own work: runs, rejected rows, cursors, files,
-- settings, and the versions from which a build decides what to do.
-- Times are UTC. No primary keys: one writer, and uniqueness is a check.

create schema if not exists raw;
create schema if not exists staging;
create schema if not exists core;
create schema if not exists marts;

-- One load of one stream.
create table meta.run (
    run_id      bigint not null,
    source      varchar not null,
    stream      varchar not null,
    target      varchar not null,
    started_at  timestamp not null,
    finished_at timestamp,
    status      varchar not null check (status in ('ok', 'failed')),
    rows_read   bigint not null default 0,
    inserted    bigint not null default 0,
    updated     bigint not null default 0,
    unchanged   bigint not null default 0,
    rejected    bigint not null default 0,
    deleted     bigint not null default 0,
    watermark   varchar,
    data_as_of  date,
    warnings    varchar[],
    error       varchar
);

-- One row that a load refused: record counts records from 1, line is the
-- physical line where it is known.
create table meta.rejected_row (
    run_id      bigint not null,
    source      varchar not null,
    stream      varchar not null,
    source_file varchar,
    record      bigint,
    line        bigint,
    column_name varchar,
    value       varchar,
    reason      varchar not null,
    payload     json
);

-- Where the next load of a stream resumes.
create table meta.cursor (
    source     varchar not null,
    stream     varchar not null,
    cursor     varchar not null,
    updated_at timestamp not null
);

-- One file as it was loaded: path and sha256 together are its identity.
create table meta.file (
    source      varchar not null,
    stream      varchar not null,
    path        varchar not null,
    sha256      varchar not null,
    size        bigint not null,
    modified_at timestamp,
    rows        bigint not null,
    run_id      bigint not null,
    loaded_at   timestamp not null
);

-- The sources of config.toml, in its order.
create table meta.source (
    source         varchar not null,
    kind           varchar not null,
    schedule       varchar,
    is_trusted_log boolean not null,
    position       integer not null
);

-- The settings of config.toml that models read, and every change of them.
create table meta.setting (key varchar not null, value varchar not null);
create table meta.setting_change (
    key        varchar not null,
    old_value  varchar,
    new_value  varchar not null,
    changed_at timestamp not null
);

-- One raw table's count of changes: a merge that changes rows adds 1 to it.
create table meta.raw_version (table_name varchar not null, version bigint not null);

-- One model as it was last built.
create table meta.model (
    name        varchar not null,
    fingerprint varchar not null,
    built_at    timestamp not null,
    seconds     double not null,
    rows        bigint
);

-- One row per build that changed something.
create table meta.data_version (version bigint not null, built_at timestamp not null);
