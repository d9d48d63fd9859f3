-- What the data source of the DuckDB plugin runs first (initSql), so that a viewer's SQL sees the published tables and no more.
-- The folder is mounted at /published, for reading only; the data source's path is
-- /published/mounted.duckdb?access_mode=read_only, which also keeps the plugin from opening the file anew without this.
set home_directory = '/published'; -- of the first connection, for which the plugin sets another one
set global home_directory = '/published'; -- of all others
set allowed_directories = ['~/', '/published/'];
set temp_directory = '';
set memory_limit = '1GB'; -- of joins, sorts and groups; one huge value is bounded by the container's memory only
set extension_directory = '/dev/null'; -- or INSTALL would still ask the network, and write there
set allow_persistent_secrets = false;
set enable_external_access = false;
set lock_configuration = true;
