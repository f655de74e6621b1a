#!/bin/sh
# A member that systemd runs (the stand-in of ./systemd), by the functions of ../etcd, each call in a shell of its own as a step would be.
#   unit.sh FOLDER_WITH_ETCD SHELL WORK_FOLDER NETWORK
set -eu
SOURCE=$1 SHELL_UNDER_TEST=$2 WORK=$3 NETWORK=$4
HOST_PATH="$(cd "$(dirname "$0")/systemd" && pwd):${HOST_PATH:-$PATH}" UNIT=etcd.service
. "$(dirname "$0")/host.sh"
HOSTS=etcd00
trap 'on etcd00 "etcd_unit_stop" 2>/dev/null; end_all' EXIT
mkdir -p "$WORK/etcd00"
ONE="etcd00=http://$NETWORK.3:2380"
DROP_IN="$WORK/etcd00/.systemd/system/etcd.service.d/10-local.conf"

refuses etcd00 'UNIT=etcd; etcd_unit_is_ours' 'must end with .service'
on etcd00 'etcd_layout; etcd_install_programs; etcd_install_start'
refuses etcd00 etcd_unit_is_ours 'etcd/install writes it'
on etcd00 'etcd_install_unit; etcd_start_is_installed; etcd_preflight'
refuses etcd00 'UNIT=""; etcd_start_is_installed' "is a unit's"
refuses etcd00 'HOME_PATH=/elsewhere; etcd_unit_is_ours' 'does not run /elsewhere/bin/start'
on etcd00 "etcd_install_start new '$ONE' t; etcd_up; etcd_wait; etcd_install_start; etcd_is_settled; etcd_start_names_no_cluster; etcd_log_since_start | grep -q 'ready to serve'"
ok 'the unit runs it, and its log is read from the journal'

on etcd00 'kill -9 $(etcd_pids); until etcd_serves 2>/dev/null; do nap; done; etcd_is_settled'
ok 'killed, it is brought back by Restart='
refuses etcd00 etcd_is_down 'still runs here'
on etcd00 'etcd_down; etcd_is_down; systemctl start etcd.service; systemctl restart etcd.service; etcd_is_down'
ok 'stopped by a runbook, neither Restart= nor anybody else brings it back'

# A start with flags is nowhere in a file, and not by the unit.
on etcd00 'etcd_up --force-new-cluster --listen-client-urls "$CLIENT"; etcd_wait; etcd_no_force_flag; etcd_unit_is_idle'
refuses etcd00 etcd_runs_plain 'runs with --force-new-cluster'
refuses etcd00 'systemctl start etcd.service; etcd_runs_by_unit' 'beside etcd.service'
on etcd00 etcd_settle
on etcd00 etcd_is_settled
ok 'a start with flags is followed by one of the unit'

# The flag, in each place of the unit where it may stand.
env="$WORK/etcd00/etcd.env"
mkdir -p "${DROP_IN%/*}"
for flag in "Environment=A=b ETCD_FORCE_NEW_CLUSTER=true" "EnvironmentFile=-$env" "ExecStart=
ExecStart=$WORK/etcd00/apps/etcd/bin/start --force-new-cluster"; do
  printf '[Service]\n; --force-new-cluster in a comment is none\n%s\n' "$flag" >"$DROP_IN"
  echo 'ETCD_FORCE_NEW_CLUSTER="true"' >"$env"
  refuses etcd00 'systemctl daemon-reload; etcd_no_force_flag' 'the next restart would eject'
  on etcd00 'etcd_flag_is_stale; etcd_remove_force_flag; etcd_unit_is_ours; ! systemctl show -p Environment etcd.service | grep true'
done
grep -q '^Environment=A=b ETCD_FORCE_NEW_CLUSTER=false' "$DROP_IN.before-r1" && bad 'the old text is not kept' || :
ok 'a forgotten flag is found in drop-ins and environment files, and taken out'

# A data directory that is lost does not come back as an empty member of the same name, and a unit between two starts is not down.
on etcd00 'systemctl stop etcd.service; rm -rf "$HOME_PATH/data" "$HOME_PATH/wal"; etcd_layout'
refuses etcd00 'etcd_up; etcd_wait' 'etcd ended: '
refuses etcd00 'etcd_is_down' 'etcd'
on etcd00 'etcd_down; ! etcd_has_data "$HOME_PATH"'
ok 'everything of the unit held'
