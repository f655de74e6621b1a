#!/bin/sh
# etcd 3.6 ends on a log that still holds a v2 key, a deleted one too; etcd_forget_v2 takes it out before the programs change.
#   forget.sh FOLDER_WITH_ETCD_3.5 SHELL WORK_FOLDER NETWORK FOLDER_WITH_ETCD_3.6
set -eu
SOURCE=$1 SHELL_UNDER_TEST=$2 WORK=$3 NETWORK=$4 NEWER=$5
. "$(dirname "$0")/host.sh"
HOSTS=etcd00
trap end_all EXIT
mkdir -p "$WORK"
HOME_OF="$WORK/etcd00/apps/etcd"

on etcd00 "etcd_layout; etcd_install_programs; etcd_install_start new 'etcd00=http://$NETWORK.3:2380' t; etcd_up; etcd_wait; etcd_install_start"
on etcd00 'etcd_v2_is_forgotten; etcd_v2_ctl set /gone x; etcd_v2_ctl rm /gone; ctl put kept value' >/dev/null
refuses etcd00 etcd_v2_is_forgotten 'v2 content'

# What 3.6 does with such a log, shown on a copy of it.
on etcd00 etcd_down
cp -Rp "$HOME_OF/data" "$HOME_OF/wal" "$WORK/"
rc=0
timeout 60 "$NEWER/etcd" --data-dir "$WORK/data" --wal-dir "$WORK/wal" --listen-client-urls "http://$NETWORK.9:2379" --advertise-client-urls "http://$NETWORK.9:2379" \
  --listen-peer-urls "http://$NETWORK.9:2380" >"$WORK/newer.log" 2>&1 || rc=$?
[ $rc != 0 ] && [ $rc != 124 ] || bad "3.6 starts on a log that holds a v2 key that was deleted (exit $rc)"
grep -q panic "$WORK/newer.log" || bad "3.6 says: $(tail -n 3 "$WORK/newer.log")"
ok '3.6 ends in a panic on a log that holds a v2 key that was deleted'

on etcd00 'etcd_up; etcd_wait; etcd_forget_v2; etcd_v2_is_forgotten; etcd_is_settled'
on etcd00 "SOURCE='$NEWER'; etcd_change_programs \"\$(etcd_version_of '$NEWER')\"; [ \"\$(ctl get kept --print-value-only)\" = value ]"
ok 'v2 keys that were deleted are forgotten, and 3.6 goes on with the data'
