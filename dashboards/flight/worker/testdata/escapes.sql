-- Statements that must not be answered, one a line. {secret} is a file that holds a secret, {dir} its folder.
-- files
select * from read_text('{secret}')
select * from read_blob('{secret}')
select * from read_csv('{secret}')
select * from read_csv_auto('{secret}')
select * from read_json('{secret}')
select * from read_ndjson_objects('{secret}')
select * from read_parquet('{secret}')
select * from parquet_metadata('{secret}')
select * from parquet_schema('{secret}')
select * from sniff_csv('{secret}')
select * from glob('{dir}/*')
select * from '{secret}'
from "{secret}"
from 'https://example.com/a.csv'
select * from (values (1)) t, '{secret}'
with "{secret}" as (select 1) select * from "{secret}"
with a as (select * from '{secret}') select 1
select (select content from read_text('{secret}'))
select * from numbers where words in (select content from read_text('{secret}'))
select * from numbers order by (select content from read_text('{secret}'))
select * from numbers limit (select length(content) from read_text('{secret}'))
select list_transform([1], x -> (select content from read_text('{secret}')))
select * from query('select * from read_text(''{secret}'')')
select * from query_table('{secret}')
select * from query_table(['numbers', '{secret}'])
select * from read_duckdb('{secret}')
select system.main.read_text('{secret}')
select * from system.main.read_text('{secret}')
select * from dials.main.read_text('{secret}')
select * from parquet_scan('{secret}')
select * from arrow_scan(0, 0, 0)
select * from seq_scan('numbers')
select * from sqlite_scan('{secret}', 'a')
select * from postgres_scan('host=localhost', 'public', 'a')
-- other databases
attach '{secret}' as other
attach ':memory:' as other
detach dials
use main
create table mine as select 1
create temp table mine as select 1
create view mine as select 1
create macro mine() as 1
create secret (type s3)
create type mood as enum ('a')
insert into numbers select * from numbers
update numbers set n = 0
delete from numbers
drop table numbers
alter table numbers add column x int
truncate numbers
comment on table numbers is 'mine'
-- files, written
copy numbers to '{dir}/out.csv'
copy (select 1) to '{dir}/out.parquet'
copy numbers from '{secret}'
export database '{dir}/out'
import database '{dir}'
checkpoint
vacuum
call enable_logging(storage = 'file', storage_config = {'path': '{dir}'})
call write_log('x')
select write_log('x', level := 'info')
select * from enable_profiling()
call checkpoint()
-- extensions
load httpfs
install httpfs
load '{dir}/evil.duckdb_extension'
force install httpfs from 'http://localhost'
update extensions
-- settings
pragma database_list
pragma table_info('numbers')
pragma enable_profiling
pragma version
set threads = 8
set memory_limit = '100GB'
set enable_external_access = true
set lock_configuration = false
reset memory_limit
set variable x = 1
select getvariable('x')
select current_setting('memory_limit')
select current_setting('temp_directory')
select * from duckdb_settings()
select * from pragma_database_list()
select * from pragma_table_info('numbers')
select * from pragma_version()
select getenv('HOME')
select system.main.getenv('HOME')
select getenv(words) from numbers
-- what the engine knows
select * from duckdb_databases()
select * from duckdb_secrets()
select * from duckdb_extensions()
select * from duckdb_functions()
select * from duckdb_logs()
select * from duckdb_temporary_files()
select * from duckdb_memory()
select * from duckdb_connection_count()
select * from information_schema.tables
select * from information_schema.columns
select * from pg_catalog.pg_class
select * from pg_tables
select * from sqlite_master
select * from system.information_schema.tables
select * from which_secret('a', 's3')
select current_query()
select txid_current()
select nextval('s')
select stats(n) from numbers
select has_table_privilege('numbers', 'select')
select pg_get_viewdef(1)
select json_serialize_plan('select * from numbers')
select * from json_execute_serialized_sql('{}')
show tables
show all tables
describe numbers
summarize numbers
explain select 1
explain analyze select 1
select * from (show databases)
select * from (describe numbers)
-- several at once, and text that is not what it seems
select 1; select 2
select 1; attach '{secret}'
drop table numbers; select 1
prepare p as select 1
execute p
deallocate p
begin transaction
commit
select 1 /* ; */ ; ; drop table numbers
select * from numbers at (version => 1)
select error('words of ' || (select max(words) from numbers))
select * from "numbers​"
select * from main.missing
select * from other.main.numbers
select * from dials.other.numbers
select * from missing
select x.getenv() from numbers x
select words.read_text() from numbers
select ('{secret}').read_text()
select * from repeat_row(1, num_rows = 3)
select * from test_all_types()
select sleep_ms(100000)
select pg_sleep(100000)
merge into numbers using numbers as o using (n) when matched then delete
values (getenv('HOME'))
table information_schema.tables
select '{secret}'::regclass
select columns(x -> getenv(x)) from numbers
select * replace (getenv('HOME') as n) from numbers
select n from numbers qualify row_number() over (order by getenv('HOME')) = 1
select sum(n order by getenv('HOME')) from numbers
select count(*) filter (where getenv('HOME') is null) from numbers
select * from numbers tablesample reservoir(getenv('HOME'))
select case when true then getenv('HOME') end
select * from numbers group by all having getenv('HOME') is null
select * from numbers a join numbers b on getenv('HOME') is null
pivot numbers on words
select * from (unpivot (select getenv('HOME') as a) on a)
