#!/bin/sh
# Creates Temporal's two databases where they are missing and updates their schemas. The address and the user come from
# SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, which temporal-sql-tool reads by itself.
set -eu

prepare() {
  database=$1
  versions=$2
  temporal-sql-tool --db "$database" create
  # Version 0.0 is only written where the schema has none yet.
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema -d "$versions"
}

prepare temporal /etc/temporal/schema/postgresql/v12/temporal/versioned
prepare temporal_visibility /etc/temporal/schema/postgresql/v12/visibility/versioned
