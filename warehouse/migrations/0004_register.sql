-- What people changed of the register in Dials: who, when, what it was before and after.
-- Rows are only added. The entries themselves are rows of raw with source 'dials'.
create table meta.register_change (
    change_id   bigint not null,      -- in order of time
    changed_at  timestamp not null,   -- the server's clock
    stream      varchar not null,
    entry_key   json not null,        -- the key columns of the entry
    action      varchar not null,     -- add, change, withdraw
    before      json,                 -- the entry as it counted until then
    after       json,                 -- null where it was withdrawn
    declared_by varchar,              -- the source whose entry it was, if not Dials
    actor       varchar not null,
    note        varchar
);
