#!/bin/sh
# Creates Temporal's two databases, or brings their schema up to this version of the tools. Safe to run again.
# The connection comes from SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

schema_dir=${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

set_up() {
  database=$1
  versions=$2
  echo "Setting up the database $database"
  temporal-sql-tool --database "$database" create
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "$versions"
}

set_up temporal "$schema_dir/temporal/versioned"
set_up temporal_visibility "$schema_dir/visibility/versioned"
echo 'The schema is up to date.'
