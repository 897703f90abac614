-- Whose each identifier was at the last build, and every change of that: a late hire or
-- a match by hand takes old records along, and a person should see that it did.
create table meta.id_match (
    used_for     varchar not null,
    source       varchar not null,
    legal_entity varchar not null,
    value        varchar not null,
    person_id    varchar,
    match_basis  varchar not null
);
create table meta.id_match_change (
    changed_at    timestamp not null,
    used_for      varchar not null,
    source        varchar not null,
    legal_entity  varchar not null,
    value         varchar not null,
    old_person_id varchar,
    person_id     varchar,
    old_basis     varchar not null,
    match_basis   varchar not null
);
