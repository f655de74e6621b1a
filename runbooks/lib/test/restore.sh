#!/bin/sh
# Backup and restore by hand, and the rebuild by a snapshot, by the functions of ../etcd, each call in a shell of its own as a step would be.
#   restore.sh FOLDER_WITH_ETCD SHELL WORK_FOLDER NETWORK      e.g. restore.sh /usr/bin dash /tmp/x 127.84.0
# Prints "ok: …" for each fact that held; ends with 1 and the reason at the first that did not.
set -eu
SOURCE=$1 SHELL_UNDER_TEST=$2 WORK=$3 NETWORK=$4
. "$(dirname "$0")/host.sh"
trap end_all EXIT
mkdir -p "$WORK"
BUMP=0 CLIENTS="$(client etcd00) $(client etcd01) $(client etcd02)"

# restored HOST_WITH_THE_FILE FILE REVISION KEYS HASH: every member out of that file, whatever was there; then all that must hold.
restored() {
  sum=$(sha256sum <"$2" | cut -d ' ' -f 1)
  for host in $HOSTS; do [ "$host" = "$1" ] || cp "$2" "$WORK/$host/s.db"; done
  [ "$2" = "$WORK/$1/s.db" ] || cp "$2" "$WORK/$1/s.db"
  all "etcd_restore \"\$HOME/s.db\" $sum '$CLUSTER' 'etcd-r1' $BUMP"
  all 'etcd_is_restored; etcd_up; etcd_wait'
  # Compacted there, where revisions are bumped: what is older has no hash any more.
  if [ "$BUMP" = 0 ]; then hash=$5; else hash=''; fi
  all "etcd_holds $(($3 + BUMP)) $4 $hash; etcd_is_member; etcd_no_alarm; etcd_runs_plain"
  for host in $HOSTS; do on "$host" "etcd_probe 100 $CLIENTS"; done
  all "etcd_same_as $(client etcd00); etcd_describe"
  [ "$(output etcd02 voters)" = 3 ] || bad "$(output etcd02 voters) voters"
}

all 'etcd_layout; etcd_install_programs; etcd_install_start'
all "etcd_is_empty; etcd_install_start new '$CLUSTER' t1; etcd_up; etcd_wait"
if on etcd00 etcd_can_bump; then BUMP=1000000; fi
ok "etcd $(on etcd00 etcd_version), revisions set ahead by $BUMP"
users_on etcd00
on etcd00 'etcd_write_singly data 250; ctl del data/from/ --prefix >/dev/null; ctl compact 100 >/dev/null'

# The backup, and what it refuses.
s="$WORK/etcd01/apps/etcd/backup/s.db"
on etcd01 "etcd_save_snapshot $s; etcd_snapshot_is_good $s"
sum=$(output etcd01 sha256)
on etcd01 "etcd_prove_snapshot $s"
revision=$(output etcd01 revision) keys=$(output etcd01 keys) hash=$(output etcd01 hash)
[ "$keys" = 250 ] || bad "$keys keys in the backup"
ok "a backup of $keys keys at revision $revision comes back with the member's own hash"
on etcd01 "etcd_snapshot_look $s"
[ "$(output etcd01 signed) $(output etcd01 revision)" = "true $revision" ] || bad "looked at: $(cat "$WORK/etcd01.output")"
cp "$s" "$s.kept"
printf x | dd of="$s" bs=1 seek=9000 conv=notrunc 2>/dev/null
refuses etcd01 "etcd_snapshot_look $s" 'not as it was saved'
refuses etcd01 "etcd_sign $s; etcd_prove_snapshot $s" 'the snapshot can'
mv "$s.kept" "$s"
on etcd01 "etcd_sign $s"
refuses etcd01 "sed -i.was 's/^hash=.*/hash=1/' $s.facts; etcd_prove_snapshot $s" 'of the member it was 1'
mv "$s.facts.was" "$s.facts"

# Everything since is thrown away by a restore, and every old file is kept.
on etcd00 'ctl put late value >/dev/null'
refuses etcd00 "etcd_restore $s $sum '$CLUSTER' t2 0" 'still runs here'
all etcd_down
refuses etcd00 "etcd_restore $s 1234 '$CLUSTER' t2 0" 'is not the snapshot that was looked at'
before=$(cd "$WORK/etcd00/apps/etcd" && find data wal -type f -exec sha256sum {} + | sort | sha256sum)
restored etcd01 "$s" "$revision" "$keys" "$hash"
after=$(cd "$WORK/etcd00/apps/etcd/aside/r1" && find data wal -type f -exec sha256sum {} + | sort | sha256sum)
[ "$before" = "$after" ] || bad 'the old directories were written to'
on etcd00 'etcd_kept'
[ "$(output etcd00 kept)" = "$WORK/etcd00/apps/etcd/aside/r1" ] || bad "kept: $(output etcd00 kept)"
[ -z "$(on etcd02 'ctl get late')" ] || bad 'what was written after the backup is there'
ok 'restored on all, and nothing of the old directories is lost'

# The rebuild by a snapshot: one copy is left, with what stands in its log alone.
on etcd00 'etcd_write_singly more 100; ctl del more/from/ --prefix >/dev/null; ctl put last acknowledged >/dev/null'
all "etcd_same_as $(client etcd00)"
for host in $HOSTS; do on $host 'kill -9 $(etcd_pids) 2>/dev/null || :'; done
for host in etcd00 etcd01; do rm -rf "$WORK/$host/apps/etcd/data" "$WORK/$host/apps/etcd/wal"; done
all etcd_is_down
began=$(date +%s%N)
on etcd02 'etcd_copy "$COPY"; etcd_rehearse "$COPY" snapshot; etcd_snapshot_is_good "$COPY.db"'
revision=$(output etcd02 revision) keys=$(output etcd02 keys) hash=$(output etcd02 hash)
[ "$keys $(output etcd02 v2_keys)" = '351 0' ] || bad "$keys keys in the copy"
on etcd02 'cp "$COPY.facts" "$COPY.db.facts"; etcd_prove_snapshot "$COPY.db"'
restored etcd02 "$WORK/etcd02/apps/etcd/backup/r1.db" "$revision" "$keys" "$hash"
[ "$(on etcd00 'ctl get last --print-value-only')" = acknowledged ] || bad 'the last acknowledged write is lost'
ok "every key on every member; snapshot by hand took $(since)"
all etcd_down
