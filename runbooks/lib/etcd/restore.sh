# A snapshot becomes a member again. The programs that do it: etcdutl since 3.5 (3.6 has it there alone), etcdctl before.

etcd_restorer() {
  if [ -x "$HOME_PATH/bin/etcdutl" ]; then "$HOME_PATH/bin/etcdutl" snapshot "$@"; else etcd_ctl snapshot "$@"; fi
}

# A restored revision is behind what watchers have seen: they would wait for the past, or see it twice. With --bump-revision
# --mark-compacted (3.5.10, 3.4.27) it is far ahead, and every watcher is told to read anew.
etcd_can_bump() {
  local help
  help=$(etcd_restorer restore --help 2>&1) || return
  case $help in *--bump-revision*) ;; *) return 1 ;; esac
}

etcd_snapshot_revision() {
  local text
  [ -x "$HOME_PATH/bin/etcdctl" ] || { because "no etcdctl in $HOME_PATH/bin, which could read the snapshot: etcd/install puts it there"; return 1; }
  text=$(etcd_restorer status "$1" -w fields 2>&1) || { because "$1 is no whole snapshot: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  printf '%s\n' "$text" | awk -F ' : ' '$1 == "\"Revision\"" { print $2 }'
}

# etcd_unpack FILE DIR NAME PEER CLUSTER TOKEN [FLAGS…]: DIR/{data,wal} of the member NAME of a new cluster. Neither may be there.
etcd_unpack() {
  local file="$1" dir="$2" name="$3" peer="$4" cluster="$5" token="$6" text
  shift 6
  text=$(etcd_restorer restore "$file" --data-dir "$dir/data" --wal-dir "$dir/wal" --name "$name" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "$cluster" --initial-cluster-token "$token" "$@" 2>&1) ||
    { because "the snapshot can't be restored: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
}

# etcd_snapshot_look FILE: what stands there, and whether revisions can be bumped.
etcd_snapshot_look() {
  local revision
  [ -s "$1" ] || { because "$1 is not there"; return 1; }
  [ -s "$1.sha256" ] && etcd_snapshot_is_good "$1" || {
    [ ! -e "$1.sha256" ] || return 1
    out sha256 "$(sha256sum <"$1" | cut -d ' ' -f 1)"
    out bytes "$(wc -c <"$1" | tr -d ' ')"
  }
  revision=$(etcd_snapshot_revision "$1") || return
  out revision "$revision"
  out signed "$(etcd_yes [ -s "$1.sha256" ])"
  out bumps "$(etcd_yes etcd_can_bump)"
  out saved_at "$(date -u -r "$1" '+%Y-%m-%d %H:%M:%S UTC' 2>/dev/null || echo unknown)"
}

# etcd_restore FILE SHA256 CLUSTER TOKEN BUMP: this host's member out of the snapshot, in new directories. What was there goes aside
# whole. BUMP is how far the revision is set ahead; 0: not at all. It is not started.
etcd_restore() {
  local new="$HOME_PATH/restoring" bump=''
  etcd_is_down && etcd_layout || return
  [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ] || { because "$1 is not the snapshot that was looked at"; return 1; }
  rm -rf "$new" && mkdir -m 700 "$new" || return
  [ "$5" = 0 ] || bump="--bump-revision $5 --mark-compacted"
  # shellcheck disable=SC2086 # a word for each flag
  etcd_unpack "$1" "$new" "$NAME" "$PEER" "$3" "$4" $bump || return
  etcd_set_aside && rmdir "$HOME_PATH/data" "$HOME_PATH/wal" || return
  mv "$new/data" "$HOME_PATH/data" && mv "$new/wal" "$HOME_PATH/wal" && rmdir "$new" || return
  etcd_install_start && echo "restored $RUN" >"$HOME_PATH/member-id"
}

# The member that this run has restored lies here.
etcd_is_restored() {
  [ "$(cat "$HOME_PATH/member-id" 2>/dev/null)" = "restored $RUN" ] && etcd_data_is_there || { because "nothing was restored here yet"; return 1; }
}

# etcd_holds REVISION KEYS [HASH]: that is what this member has at that revision. An alarm that the snapshot brought along is taken away.
etcd_holds() {
  local keys hash
  etcd_clear_nospace && patiently 30 etcd_has_reached "$1" && keys=$(etcd_keys "$1") || return
  [ "$keys" = "$2" ] || { because "$NAME has $keys keys at revision $1, the snapshot $2"; return 1; }
  [ -n "${3:-}" ] || return 0
  hash=$(etcd_hash "$1") || return
  [ "$hash" = "$3" ] || { because "$NAME has hashKV $hash at revision $1, the snapshot $3"; return 1; }
}

# etcd_kept: what of this run lies beside the member, and how much: the way back.
etcd_kept() {
  local place kept='' mb=0
  for place in "$COPY" "$COPY.db" "$HOME_PATH/backup/snapshot-$RUN.db" "$HOME_PATH/aside/$RUN" "$HOME_PATH/aside/$RUN".* \
    "$HOME_PATH/bin/before-$RUN" "$HOME_PATH/bin"/*.before-"$RUN" \
    "$HOME_PATH"/*.before-"$RUN" $([ -z "$UNIT" ] || etcd_unit_files | sed "s|\$|.before-$RUN|"); do
    [ ! -e "$place" ] || { kept="$kept $place"; mb=$((mb + $(du -sk "$place" | cut -f 1) / 1024 + 1)); }
  done
  out kept "${kept# }"
  out mb "$mb"
}
