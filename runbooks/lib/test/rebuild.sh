#!/bin/sh
# The rebuild by hand: three members in home folders of their own, filled, killed, two of them lost, and rebuilt from the one that
# is left by the functions of ../etcd, in the order of the runbook, each call in a shell of its own as a step would be.
#   rebuild.sh FOLDER_WITH_ETCD SHELL WORK_FOLDER NETWORK      e.g. rebuild.sh /usr/bin dash /tmp/x 127.84.0
# FULL_DISK=1 (as root): the first member's disk is small and runs full before the others are killed, as it began in real life.
# Prints "ok: …" for each fact that held; ends with 1 and the reason at the first that did not.
set -eu
SOURCE=$1 SHELL_UNDER_TEST=$2 WORK=$3 NETWORK=$4
. "$(dirname "$0")/host.sh"
trap 'end_all; [ -z "${FULL_DISK:-}" ] || { sleep 0.5; umount "$WORK/etcd00"; }' EXIT

mkdir -p "$WORK"
if [ -n "${FULL_DISK:-}" ]; then
  mkdir "$WORK/etcd00" && mount -t tmpfs -o size=512m tmpfs "$WORK/etcd00"
fi
all 'etcd_layout; etcd_install_programs; etcd_install_start; etcd_programs_are_installed'
ok "installed etcd $(output etcd00 version)"
all "etcd_is_empty; etcd_install_start new '$CLUSTER' t1; etcd_up; etcd_wait"
all 'etcd_is_member; etcd_no_alarm; etcd_runs_plain'
ok 'bootstrapped three members'
refuses etcd00 'etcd_down; etcd_is_empty' 'holds data'
on etcd00 'etcd_up; etcd_wait'

users_on etcd00
# 500 acknowledged v3 keys and 100 v2 keys
on etcd00 'etcd_write_singly data 250; etcd_write_singly more 250; ctl del data/from/ --prefix >/dev/null; ctl del more/from/ --prefix >/dev/null'
on etcd01 'i=0; while [ $i -lt 100 ]; do etcd_v2_ctl set /old/k$i "v{$i" >/dev/null; i=$((i + 1)); done'
on etcd00 'ctl put last acknowledged >/dev/null; etcd_compare $(etcd_revision); etcd_describe'
keys=$(output etcd00 keys) v2=$(output etcd00 v2_keys) v2_hash=$(output etcd00 v2_hash)
[ "$keys" = 501 ] || bad "$keys keys"
[ "$v2" = 100 ] || bad "$v2 v2 keys"
on etcd00 "etcd_probe 300 $(client etcd00) $(client etcd01) $(client etcd02)"
all "etcd_same_as $(client etcd00)"
ok "500 v3 and 100 v2 keys on every member"

if [ -n "${FULL_DISK:-}" ]; then
  dd if=/dev/zero of="$WORK/etcd00/balloon" bs=64k 2>/dev/null || :
  # The database grows until it can't: writes go on through the others.
  on etcd01 'i=0; while [ $i -lt 40 ]; do head -c 200000 /dev/zero | tr "\\0" x | ctl put big >/dev/null; i=$((i + 1)); done'
  on etcd01 "ctl del big >/dev/null; etcd_compare \$(etcd_revision)"
  sleep 1
  on etcd00 etcd_triage
  echo "# full disk: $(echo $(cat "$WORK/etcd00.output"))"
  [ "$(output etcd00 disk_full)" = true ] || bad 'the full disk is not seen'
fi
for host in $HOSTS; do on $host 'kill -9 $(etcd_pids) 2>/dev/null || :' & done
wait
sleep 0.3
for host in etcd01 etcd02; do rm -rf "$WORK/$host/apps/etcd/data" "$WORK/$host/apps/etcd/wal"; done
rm -f "$WORK/etcd02/apps/etcd/logs/etcd.log"
echo "# members killed, two of them lost"
began=$(date +%s%N)
all etcd_triage
[ "$(output etcd00 has_data) $(output etcd01 has_data) $(output etcd00 running)" = 'true false false' ] || bad "triage: $(cat "$WORK"/*.output)"
ok "triage in $(since)"

rm -f "$WORK/etcd00/balloon"
all 'etcd_preflight; etcd_silent'
all 'etcd_down; etcd_is_down'
ok "down: $(since)"
on etcd00 'etcd_copy "$COPY"; etcd_copy_is_good "$COPY"'
ok "copied: $(since)"
before=$(cd "$WORK/etcd00/apps/etcd" && find data wal -type f -exec sha256sum {} + | sort | sha256sum)
on etcd00 'etcd_rehearse "$COPY"'
ok "rehearsed: $(echo $(cat "$WORK/etcd00.output"))"
# What the full disk no longer took, and the dead disks held alone, is lost.
[ -z "${FULL_DISK:-}" ] || [ "$(output etcd00 keys)" -lt "$keys" ] || keys=$(output etcd00 keys)
ok "until the seed: $(since)"
on etcd00 etcd_force
ok "forced: $(since)"
after=$(cd "$WORK/etcd00/apps/etcd/aside/r1" && find data wal -type f -exec sha256sum {} + | sort | sha256sum)
[ "$before" = "$after" ] || bad 'the old directories were written to'
refuses etcd00 'kill -0 1; etcd_rehearse "$COPY.none"' 'rehearsal'
on etcd00 'etcd_seed_plain; etcd_seed_is_plain'
ok "plain: $(since)"
for joiner in etcd01 etcd02; do
  peer="$SCHEME://$(address $joiner):2380"
  on etcd00 "etcd_everyone_serves $peer; etcd_none_unstarted $peer; etcd_register $joiner $peer; etcd_registered $joiner $peer"
  id=$(output etcd00 id) cluster=$(output etcd00 initial_cluster)
  ok "$joiner is $id in $cluster"
  on etcd00 "etcd_register $joiner $peer"       # again: reconciled, not added
  refuses etcd00 "etcd_register etcd09 $SCHEME://$NETWORK.9:2380" 'never started'
  on $joiner "etcd_start_joiner $id '$cluster' etcd-r1"
  ok "started: $(since)"
  on $joiner "etcd_is_joiner $id"
  on etcd00 "etcd_promote $peer; etcd_is_voter $peer"
  on $joiner "etcd_wait; etcd_is_member; etcd_same_as $(client etcd00)"
  ok "$joiner joined: $(since)"
  grep -q 'database snapshot' "$WORK/$joiner/apps/etcd/logs/etcd.log" || bad "$joiner was not sent the database"
done
on etcd00 etcd_settle
ok "settled: $(since)"
all 'etcd_describe; etcd_no_alarm; etcd_runs_plain; etcd_is_member'
revision=$(output etcd00 revision)
[ "$(cat "$WORK"/*.output | grep '^leader=' | sort -u | wc -l)" = 1 ] || bad 'not one leader'
all "etcd_compare $revision"
[ "$(cat "$WORK"/*.output | grep '^hash=' | sort -u | wc -l)" = 1 ] || bad "hashes: $(cat "$WORK"/*.output)"
for host in $HOSTS; do
  [ "$(output $host keys) $(output $host v2_keys) $(output $host v2_hash)" = "$keys $v2 $v2_hash" ] || bad "$host: $(cat "$WORK/$host.output")"
done
for host in $HOSTS; do on $host "etcd_probe 300 $(client etcd00) $(client etcd01) $(client etcd02)"; done
ok "every key on every member; grow by hand took $(since)"
on etcd00 'etcd_backup_look; etcd_save_snapshot "$HOME_PATH/backup/s.db"; etcd_snapshot_is_good "$HOME_PATH/backup/s.db"; etcd_prove_snapshot "$HOME_PATH/backup/s.db"'
ok "snapshot proved: $(echo $(cat "$WORK/etcd00.output"))"
refuses etcd01 'echo "--force-new-cluster" >>"$HOME_PATH/bin/start"; etcd_runs_plain' 'the next restart would eject'
on etcd01 'etcd_remove_force_flag; etcd_runs_plain'
ok 'a forgotten flag is found and taken out'
all etcd_down
