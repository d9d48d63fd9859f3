-- The login of Grafana's PostgreSQL data source: it reads what is published, and nothing more. Run it once, as the owner of the
-- database, after the first publish, with the database's name in the place of :database; then give it a password:
-- alter role grafana password '…'.
create role grafana login in role trailhouse_reader connection limit 20;
alter role grafana set default_transaction_read_only = on;
alter role grafana set statement_timeout = '30s';
alter role grafana set idle_in_transaction_session_timeout = '30s';
revoke temporary on database :database from public;
revoke create on schema public from public;
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
