#!/bin/sh
# Temporal's server as one process. Needs temporal-server, POSTGRES_SEEDS, DYNAMIC_CONFIG_FILE_PATH, and the password in
# POSTGRES_PWD or in the file that POSTGRES_PWD_FILE names. CONFIG_FOLDER is where server.yaml lies.
set -eu
: "${POSTGRES_PWD:=$(cat "$POSTGRES_PWD_FILE")}"
export POSTGRES_PWD
exec temporal-server --root / --config "$CONFIG_FOLDER" --env server start
