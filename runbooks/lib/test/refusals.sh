#!/bin/sh
# What the functions must refuse, on real etcd: each is a way in which a rebuild by hand has gone wrong.
#   refusals.sh FOLDER_WITH_ETCD SHELL WORK_FOLDER NETWORK
set -eu
SOURCE=$1 SHELL_UNDER_TEST=$2 WORK=$3 NETWORK=$4
. "$(dirname "$0")/host.sh"
HOSTS='etcd00 etcd01'
trap end_all EXIT
mkdir -p "$WORK"
ONE="etcd00=http://$NETWORK.3:2380"

refuses etcd00 'SOURCE=/nowhere; etcd_layout; etcd_install_programs' 'etcd_source names the folder'
refuses etcd00 'etcd_version_of() { echo 3.8.0; }; etcd_layout; etcd_install_programs' 'etcd 3.8.0 is not supported yet'
refuses etcd00 'HOME_PATH="~/apps/etcd"; etcd_layout' 'must begin with /'
refuses etcd00 'etcd_version_of() { echo 3.2.26; }; etcd_layout; etcd_install_programs' 'etcd 3.2.26 is not supported yet'
all 'etcd_layout; etcd_install_programs'
refuses etcd00 'etcd_up' 'etcd/install writes it'
on etcd00 "etcd_install_start new '$ONE' t; etcd_up; etcd_wait"
refuses etcd00 'etcd_is_empty' 'still runs here'
refuses etcd00 'ctl() { case $* in *"alarm list"*) return 1 ;; *) ctl_within 5s "$@" ;; esac; }; etcd_describe' "the alarms can't be listed"
refuses etcd00 'etcd_copy "$COPY"' 'still runs here'
refuses etcd00 etcd_force 'still runs here'
refuses etcd01 "LISTEN=http://$NETWORK.3:2379; etcd_preflight" 'another process listens'
refuses etcd01 "etcd_silent $(client etcd00)" 'said to be gone'
refuses etcd01 "etcd_silent http://$NETWORK.3:2380" 'said to be gone'
on etcd01 "etcd_silent $(client etcd01) http://$NETWORK.4:2380"
refuses etcd00 "PATIENCE=1s; ENDPOINT=$(client etcd01); etcd_serves" 'does not serve: failed to commit proposal: context deadline exceeded'
refuses etcd01 'etcd_install_start; etcd_up; etcd_wait' 'etcd ended: '
for words in 'walpb: crc mismatch' 'proto: Record: wiretype end group for non-group' 'proto: illegal wireType 7'; do       # 3.6 of a damaged log
  on etcd01 "echo '{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"$words\"}' >>\"\$HOME_PATH/logs/etcd.log\"; etcd_is_damaged"
done
on etcd01 'etcd_mark_log; echo "{\"caller\":\"rafthttp/stream.go:436\",\"msg\":\"lost TCP streaming connection with remote peer\",\"error\":\"unexpected EOF\"}" >>"$HOME_PATH/logs/etcd.log"; ! etcd_is_damaged'

# What stands in a start file and not in the inventory would be lost.
on etcd01 'etcd_install_start; etcd_keeps_flags; etcd_preflight'
on etcd01 'sed -i "s/--max-wals/--quota-backend-bytes 8589934592 --max-wals/; s/heartbeat-interval .100./heartbeat-interval 300/" "$HOME_PATH/bin/start"'
refuses etcd01 etcd_preflight 'would lose it: --heartbeat-interval=300 --quota-backend-bytes=8589934592. Put it into the host variable etcd_flags'
on etcd01 'FLAGS="--quota-backend-bytes=8589934592"; ! etcd_start_is_installed'
on etcd01 'FLAGS="--quota-backend-bytes=8589934592 --auto-compaction-retention=1"; etcd_install_start; etcd_start_is_installed; etcd_keeps_flags'
refuses etcd01 'FLAGS="--force-new-cluster"; etcd_install_start' 'etcd_flags must not hold --force-new-cluster'
refuses etcd01 'FLAGS="--name=\$(id)"; etcd_install_start' 'only letters, digits'
refuses etcd01 'FLAGS="--quota-backend-bytes 8"; etcd_install_start' 'as --flag=value'
on etcd01 'etcd_install_start'

# The forms in which etcd takes a flag.
for form in '--force-new-cluster' '-force-new-cluster' '--force-new-cluster=true' '-force-new-cluster=1'; do
  on etcd01 "sed -i 's/\"\\\$@\"/$form \"\\\$@\"/' \"\$HOME_PATH/bin/start\""
  refuses etcd01 etcd_no_force_flag 'the next restart would eject'
  on etcd01 'etcd_remove_force_flag; ! grep -q force-new-cluster "$HOME_PATH/bin/start"; rm "$HOME_PATH/bin/start".before-*'
done
on etcd01 "sed -i 's/\"\\\$@\"/--force-new-cluster=false \"\\\$@\"/' \"\$HOME_PATH/bin/start\"; etcd_no_force_flag; etcd_install_start"

# Where v2 keys are said not to be served none are looked for.
on etcd00 'V2=false; [ "$(etcd_v2)" = "0 none" ]'

# One and one: what is taken back leaves the list before it is stopped.
on etcd00 "etcd_register etcd01 http://$NETWORK.4:2380; etcd_registered etcd01 http://$NETWORK.4:2380"
on etcd01 "etcd_start_joiner $(output etcd00 id) '$(output etcd00 initial_cluster)' t; etcd_start_names_no_cluster"
id=$(cat "$WORK/etcd01/apps/etcd/member-id")
on etcd00 "etcd_promote http://$NETWORK.4:2380; patiently 20 etcd_is_voter http://$NETWORK.4:2380; etcd_everyone_serves"
[ "$(on etcd00 'etcd_list | grep -c voter')" = 2 ] || bad 'not two voters'
on etcd01 "etcd_unjoin $id $(client etcd00); etcd_is_empty; [ ! -e \"\$HOME_PATH/member-id\" ]; etcd_start_names_no_cluster"
on etcd00 "[ \$(etcd_list | grep -c .) = 1 ]; etcd_probe 10 $(client etcd00)"
ok 'a member that is taken back costs nobody the quorum'

on etcd00 'etcd_write_singly data 400; etcd_down'

# Data in the new home already: the inventory still says that it is to come from the old one, which may hold some too.
on etcd00 'mkdir -p "$HOME_PATH.old"; cp -Rp "$HOME_PATH/data" "$HOME_PATH/wal" "$HOME_PATH.old/"'
refuses etcd00 'OLD_HOME="$HOME_PATH.old"; etcd_preflight' 'if this member was moved already take etcd_old_home out'
on etcd00 'rm -rf "$HOME_PATH.old"'
refuses etcd00 'OLD_HOME="$HOME_PATH.old"; etcd_preflight' 'if this member was moved already take etcd_old_home out'

# The trap of the written procedure: `etcdctl backup` (3.3, 3.4) with snap/db copied over it. One member, every key there, /health true.
on etcd00 'etcd_copy "$COPY"; etcd_rehearse "$COPY"'
# (3.5 sets the index right.)
if ! on etcd00 'etcd_at_least 3.5' && ETCDCTL_API=2 "$SOURCE/etcdctl" backup --data-dir "$WORK/etcd00/apps/etcd/data" --wal-dir "$WORK/etcd00/apps/etcd/wal" \
  --backup-dir "$WORK/b/data" --backup-wal-dir "$WORK/b/wal" >/dev/null 2>&1; then
  cp "$WORK/etcd00/apps/etcd/data/member/snap/db" "$WORK/b/data/member/snap/db"
  on etcd00 "etcd_set_aside; cp -Rp '$WORK/b/data/.' \"\$HOME_PATH/data/\"; cp -Rp '$WORK/b/wal/.' \"\$HOME_PATH/wal/\"
    etcd_install_start new '$ONE' t; etcd_up --force-new-cluster; etcd_wait"
  on etcd00 'etcd_serves; [ "$(ctl_field Count get data/to/ --prefix --limit=1)" = 400 ]'
  ok 'etcdctl backup with snap/db over it: serves, and every key is there'
  refuses etcd00 "etcd_probe 300 $(client etcd00)" 'writes through etcd00'
  on etcd00 etcd_down
fi

# A copy that was changed, or gives something else than its rehearsal, is not started, and not left running.
on etcd00 'sed -i.was "s/^keys=.*/keys=1/" "$COPY.facts"'
refuses etcd00 etcd_force 'rehearsed 1'
refuses etcd00 etcd_serves 'does not serve'
on etcd00 'mv "$COPY.facts.was" "$COPY.facts"; echo x >>"$COPY/data/member/snap/db"'
refuses etcd00 etcd_force 'not as it was when it was made'
refuses etcd00 'etcd_copy "$COPY"' 'is not a good copy'
refuses etcd00 'rm -rf "$COPY/wal"/*; : >"$COPY/wal/0000000000000000-0000000000000000.wal"; etcd_rehearse "$COPY"' 'the copy does not come up'
ok 'everything was refused'
