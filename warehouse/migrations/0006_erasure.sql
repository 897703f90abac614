-- The erasures of people that this file has been through: a restored file that lacks
-- one goes through it when it is opened.
create table meta.erasure (erasure_id varchar not null, applied_at timestamp not null);
