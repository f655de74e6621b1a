# A snapshot through the API, and the proof that it can be restored.

# What a backup must know of a member: how far it is, whether v2 keys live there, and room for the snapshot and its restored form.
etcd_backup_look() {
  local revision v2
  etcd_serves || return
  revision=$(etcd_revision) && v2=$(etcd_v2) || return
  out revision "$revision"
  out v2_keys "${v2% *}"
  out free_mb "$(etcd_free_mb)"
  out need_mb "$((2 * $(etcd_data_mb) + 128))"
}

# etcd_save_snapshot FILE: under another name until it is whole; its SHA-256 beside it.
etcd_save_snapshot() {
  local text
  ! etcd_snapshot_is_good "$1" 2>/dev/null || return 0
  mkdir -p -m 700 "${1%/*}" && rm -f "$1.saving" || return
  text=$(ctl snapshot save "$1.saving" 2>&1) || { because "no snapshot: $(printf '%s\n' "$text" | tail -n 1)"; return 1; }
  mv "$1.saving" "$1" && sha256sum "$1" >"$1.sha256"
}

etcd_snapshot_is_good() {
  [ -s "$1.sha256" ] && sha256sum -c "$1.sha256" >/dev/null 2>&1 || { because "$1 is not there, or not as it was saved"; return 1; }
  out file "$1"
  out sha256 "$(cut -d ' ' -f 1 "$1.sha256")"
  out bytes "$(wc -c <"$1" | tr -d ' ')"
}

# etcd_prove_snapshot FILE: restores it into a scratch etcd and compares keys and hashKV with this member, at the snapshot's revision.
etcd_prove_snapshot() {
  local scratch="$1.rehearsal" text rc=0 revision keys hash tool=etcdctl
  [ ! -x "$HOME_PATH/bin/etcdutl" ] || tool=etcdutl            # 3.5 moves restoring to etcdutl, 3.6 has it there alone
  etcd_scratch_gone "$scratch" && mkdir -m 700 "$scratch" || return
  text=$(ETCDCTL_API=3 "$HOME_PATH/bin/$tool" snapshot restore "$1" --data-dir "$scratch/data" --wal-dir "$scratch/wal" --name scratch \
    --initial-cluster scratch=http://127.0.0.1:23380 --initial-advertise-peer-urls http://127.0.0.1:23380 2>&1) ||
    { because "the snapshot can't be restored: $(printf '%s\n' "$text" | tail -n 1)"; etcd_scratch_gone "$scratch"; return 1; }
  etcd_scratch "$scratch" etcd_look_at_copy >"$1.facts" || rc=$?
  etcd_scratch_gone "$scratch"
  [ "$rc" = 0 ] || return "$rc"
  revision=$(etcd_fact "$1.facts" revision)
  keys=$(etcd_keys "$revision") && hash=$(etcd_hash "$revision") || return
  [ "$keys $hash" = "$(etcd_fact "$1.facts" keys) $(etcd_fact "$1.facts" hash)" ] ||
    { because "at revision $revision the member has $keys keys and hash $hash, the restored snapshot $(etcd_fact "$1.facts" keys) and $(etcd_fact "$1.facts" hash)"; return 1; }
  out revision "$revision"
  out keys "$keys"
  out hash "$hash"
}
