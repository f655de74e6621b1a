#!/bin/sh
# Makes Temporal's databases and brings their tables to its version; again is no harm. Needs temporal-sql-tool,
# POSTGRES_SEEDS (a host), and the password in SQL_PASSWORD or in the file that SQL_PASSWORD_FILE names.
set -eu
: "${SQL_PASSWORD:=$(cat "$SQL_PASSWORD_FILE")}"
export SQL_PASSWORD

sql() {
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port 5432 --user temporal "$@"
}

tables() {
  sql --database "$1" create-database
  sql --database "$1" setup-schema --version 0.0
  sql --database "$1" update-schema --schema-name "postgresql/v12/$2"
}

tables temporal temporal
tables temporal_visibility visibility
